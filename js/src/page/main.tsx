/** The script of an exported page. */

import { render } from "preact";
import "../state/visible";
import { PageData } from "./data";
import { Page } from "./Page";

const root = document.getElementById("bgw-page");
if (root) {
  root.replaceChildren();
  render(<Page data={new PageData(document)} />, root);
}
