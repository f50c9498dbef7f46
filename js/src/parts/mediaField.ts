/** The form field of a parameter that takes images, videos or sounds. */

export { default as css } from "../styles/media-field.css?inline";
export { MediaField } from "../views/media-field/MediaField";
