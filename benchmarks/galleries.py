"""Ways to show many pictures in a notebook: ours, and what people do without it, as documentation shows it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

__all__ = ["CONTENDERS", "OURS", "TILE", "Contender"]

TILE = 152
"""Side of a tile in pixels: what our gallery chooses for the width that the others get too."""

_FILES = """
from pathlib import Path
files = sorted(Path({thumbnails!r}).rglob("*.webp"))
assert len(files) == {count}
"""

_OURS = """
import batchgen_widgets as bg
bg.BatchGalleryView  # widgets are imported when they are first used
[batch] = bg.Project({project!r}).batches()
assert len(batch.results) == {count}
"""


@dataclass(frozen=True)
class Contender:
    """A gallery.

    Attributes
    ----------
    name : str
        What the table calls it.
    package : str or None
        The distribution that it needs; None when a notebook has it anyway.
    prepare : str
        The cell before, which isn't timed: imports, and where the pictures are. A template with ``project``,
        ``thumbnails`` and ``count``.
    show : str
        The cell that is timed, from reading the pictures on.
    """

    name: str
    package: str | None
    prepare: str
    show: str

    @property
    def version(self) -> str | None:
        """The installed version; None when it is not installed, "" where there is none."""
        if self.package is None:
            return ""
        try:
            return version(self.package)
        except ModuleNotFoundError:
            return None


OURS = Contender("BatchGalleryView", None, _OURS, "bg.BatchGalleryView(batch)")

_COLUMNS = f"repeat(auto-fill, {TILE}px)"

CONTENDERS = (
    OURS,
    Contender(
        "ipywidgets GridBox",
        "ipywidgets",
        "import ipywidgets as w" + _FILES,
        f"""w.GridBox(
    [w.Image(value=file.read_bytes(), format="webp", width={TILE}, height={TILE}) for file in files],
    layout=w.Layout(grid_template_columns="{_COLUMNS}", grid_gap="10px"),
)""",
    ),
    # By path, which is kind: pictures in memory would travel as PNG, eleven times as large, and twice.
    Contender(
        "ipyplot",
        "ipyplot",
        "import ipyplot" + _FILES,
        f"ipyplot.plot_images([str(file) for file in files], max_images=len(files), img_width={TILE}, show_url=False)",
    ),
    Contender(
        "HTML of data URIs",
        None,
        "from base64 import b64encode\nfrom IPython.display import HTML" + _FILES,
        f"""def tag(file):
    data = b64encode(file.read_bytes()).decode()
    return f'<img width="{TILE}" height="{TILE}" src="data:image/webp;base64,{{data}}">'

grid = 'display: grid; gap: 10px; grid-template-columns: {_COLUMNS}'
HTML(f'<div style="{{grid}}">' + "".join(map(tag, files)) + "</div>")""",
    ),
)
