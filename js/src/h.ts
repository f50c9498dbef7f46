/** What JSX becomes: the build puts this before every module. */
export { Fragment, h } from "preact";
