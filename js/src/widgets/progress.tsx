import { ProgressDisplay } from "../views/progress/ProgressDisplay";
import { defineWidget } from "./define";

export default defineWidget(ProgressDisplay);
