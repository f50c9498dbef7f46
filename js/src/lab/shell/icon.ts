import { LabIcon } from "@jupyterlab/ui-components";

/** Two pictures, one behind the other, in the way of JupyterLab's own icons. */
export const batchesIcon = new LabIcon({
  name: "batchgen-widgets:batches",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M3 8h2v11h13v2H5a2 2 0 0 1-2-2z"/>
    <path fill-rule="evenodd" d="M9 3h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm0 2v10h10V5zm1 8.6 2.6-3.4 1.8 2.2 2-2.6 2.6 3.8z"/>
  </g>
</svg>`,
});
