import { ConfigPanel } from "../views/config/ConfigPanel";
import { defineWidget } from "./define";

export default defineWidget(ConfigPanel);
