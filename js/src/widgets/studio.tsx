import { Studio } from "../views/studio/Studio";
import { defineWidget } from "./define";

export default defineWidget(Studio);
