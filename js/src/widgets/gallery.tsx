import { GalleryView } from "../views/gallery/GalleryView";
import { defineWidget } from "./define";

export default defineWidget(GalleryView);
