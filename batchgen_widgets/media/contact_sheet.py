"""A contact sheet: many media in one picture, as a labelled table or as a grid with captions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from batchgen_widgets.errors import ParameterError, ResultError
from batchgen_widgets.media.formats import MediaKind
from batchgen_widgets.media.lettering import Lettering, Lines, check_font
from batchgen_widgets.media.pixels import shrink, to_rgb
from batchgen_widgets.media.probe import open_image
from batchgen_widgets.media.thumbnails import make_thumbnail

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

__all__ = ["MAX_MEGAPIXELS", "Cell", "Page", "Sheet", "Tile", "draw_contact_sheet"]

MAX_MEGAPIXELS: Final = 200
MIN_SIZE: Final = 32
MAX_SIZE: Final = 2048
_THUMBNAIL: Final = 256  # longest side of the thumbnails that are there already
_SMOOTH: Final = 4  # small shapes are drawn so many times larger, and shrunk
_TILES: Final = 4  # of one cell

_PAPER = "#fbfaf7"
_INK = "#23211d"
_MUTED = "#6b665d"
_RULE = "#dfdad0"
_BLANK = "#f4f1ea"
_PANEL = "#efece5"
_FAULT = "#fbeeea"
_FAULT_RULE = "#e6c3ba"
_FAULT_INK = "#98301f"
_STAR = "#f5b731"
_DARK = "#181612"


@dataclass(frozen=True, slots=True)
class Tile:
    """One medium.

    Attributes
    ----------
    path, thumbnail : Path
        Its file, and a small WebP of it.
    kind : {"image", "video", "audio"}
    width, height : int or None
        In pixels.
    duration : float or None
        In seconds.
    starred, faded : bool
        Whether it gets a star, and whether it steps back.
    """

    path: Path
    thumbnail: Path
    kind: MediaKind
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    starred: bool = False
    faded: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What is in one place.

    Attributes
    ----------
    tiles : sequence of Tile
        Up to four are drawn, and how many more there are.
    problem : str
        Why there is nothing, when that is a failure.
    note : str
        Why there is nothing, when it is none.
    failed : int
        How many failures there are beside the tiles.
    caption : str
        What stands below, in a grid without axes.
    """

    tiles: Sequence[Tile] = ()
    problem: str = ""
    note: str = ""
    failed: int = 0
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One table of the sheet.

    Attributes
    ----------
    label : str
        Above it; may be empty.
    rows : sequence of sequence of (Cell or None)
        None is a place where nothing was tried. Without columns it is one row, broken as it fits.
    """

    label: str
    rows: Sequence[Sequence[Cell | None]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a contact sheet says and shows.

    Attributes
    ----------
    title, facts, shared : str
        At the left of the first line, at its right, and below it.
    pages : sequence of Page
    x, y : str
        Names of the axes; empty where there is none.
    columns, rows : sequence of str
        Labels; without `columns` the sheet is a grid with captions.
    """

    title: str
    facts: str
    shared: str
    pages: Sequence[Page]
    x: str = ""
    y: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[str] = ()


def draw_contact_sheet(
    sheet: Sheet, *, size: int = 192, labels: bool = True, font: str | Path | None = None
) -> Image.Image:
    """Draw a contact sheet.

    Parameters
    ----------
    sheet : Sheet
    size : int, default 192
        Longest side of a medium in pixels, 32 to 2048.
    labels : bool, default True
        Whether there is a title, and labels and captions.
    font : path-like, optional
        A TrueType or OpenType font for all texts.

    Returns
    -------
    PIL.Image.Image
        RGB, at most 200 megapixels.

    Raises
    ------
    ParameterError
        When `size` or `font` is not allowed, or the sheet would be too large.
    """
    from PIL import Image, ImageDraw

    if isinstance(size, bool) or not isinstance(size, int) or not MIN_SIZE <= size <= MAX_SIZE:
        msg = f"size: {size!r} is not allowed; give a whole number of pixels from {MIN_SIZE} to {MAX_SIZE}"
        raise ParameterError(msg, field="size", value=size)
    check_font(font)
    plan = _Layout(sheet, size, labels, font)
    _check_area(plan, size)
    picture = Image.new("RGB", (plan.width, plan.height), _PAPER)
    _Pen(picture, ImageDraw.Draw(picture), plan).draw()
    return picture


def _check_area(plan: _Layout, size: int) -> None:
    area = plan.width * plan.height / 1e6
    if area <= MAX_MEGAPIXELS:
        return
    fits = int(size * math.sqrt(MAX_MEGAPIXELS / area) * 0.95)
    smaller = f"give size={fits} or less, or " if fits >= MIN_SIZE else ""
    msg = (
        f"size: a sheet of {plan.count:,} cells of {size} pixels would have {area:,.0f} megapixels, and "
        f"{MAX_MEGAPIXELS} are allowed; {smaller}draw a part of them with page"
    )
    raise ParameterError(msg, field="size", value=size)


@dataclass
class _Layout:
    """Where everything is, in pixels."""

    sheet: Sheet
    size: int
    labels: bool
    font: str | Path | None
    pages: list[list[list[Cell | None]]] = field(init=False)

    def __post_init__(self) -> None:
        sheet, size = self.sheet, self.size
        letters = min(22, max(11, round(size / 13)))
        self.text = Lettering(letters, self.font)
        self.small = Lettering(max(10, round(letters * 0.85)), self.font)
        self.large = Lettering(round(letters * 1.5), self.font)
        self.margin = round(letters * 1.6) if self.labels else max(4, size // 16)
        self.gap = max(3, size // 20)
        self.is_table = bool(sheet.columns)
        self._measure_cells()
        self.pages = [self._broken(page) for page in sheet.pages]
        self.count = sum(len(row) for page in self.pages for row in page)
        self._place_labels()
        self._place_pages()

    def _measure_cells(self) -> None:
        width, height = 0, 0
        for tile in _tiles(self.sheet):
            fitted = _fit(_shape(tile), self.size, self.size)
            width, height = max(width, fitted[0]), max(height, fitted[1])
        self.cell_width = max(width, self.size // 2) or self.size
        self.cell_height = max(height, self.size // 3) or self.size * 2 // 3
        if not width:
            self.cell_width, self.cell_height = self.size, self.size * 2 // 3
        self.caption_lines = 0
        if self.labels and not self.is_table:
            captions = {cell.caption for page in self.sheet.pages for row in page.rows for cell in row if cell}
            self.caption_lines = max(len(self.small.set(text, self.cell_width, 2).lines) for text in captions or {""})
        self.caption_height = self.caption_lines * self.small.leading + self.gap if self.caption_lines else 0

    def _broken(self, page: Page) -> list[list[Cell | None]]:
        """Give the rows of a page; those of a grid are as long as looks well."""
        if self.is_table:
            return [list(row) for row in page.rows]
        cells = [cell for row in page.rows for cell in row]
        shape = (self.cell_height + self.caption_height) / self.cell_width
        across = min(len(cells), max(1, round(math.sqrt(len(cells) * shape * 1.4)))) or 1
        return [cells[start : start + across] for start in range(0, len(cells), across)]

    def _place_labels(self) -> None:
        sheet = self.sheet
        columns = max((len(row) for page in self.pages for row in page), default=0)
        self.left = self.margin
        self.row_labels: list[Lines] = []
        self.column_labels: list[Lines] = []
        self.corner = self.x_name = Lines.none()
        self.head = 0  # height of what stands above the columns
        if self.labels and self.is_table:
            room = max(self.size, self.text.size * 9)
            fitting = max(1, self.cell_height // self.text.leading)
            self.row_labels = [self.text.set(label, room, fitting) for label in sheet.rows]
            self.corner = self.small.set(sheet.y, room)
            side = max((lines.width for lines in [*self.row_labels, self.corner]), default=0)
            self.left += side + self.text.size if side else 0
            self.column_labels = [self.text.set(label, self.cell_width, 3) for label in sheet.columns]
        across = columns * self.cell_width + max(0, columns - 1) * self.gap
        if self.labels and self.is_table:
            self.x_name = self.small.set(sheet.x, max(across, self.text.size * 9))
            self.head = self.x_name.height + max((lines.height for lines in self.column_labels), default=0) + self.gap
        least = self.text.size * 30 if self.labels else 0
        self.width = max(self.left + across + self.margin, least)

    def _place_pages(self) -> None:
        sheet, inner = self.sheet, self.width - 2 * self.margin
        top = self.margin
        self.title = self.facts = self.shared = Lines.none()
        if self.labels:
            self.facts = self.small.set(sheet.facts, inner * 0.6)
            self.title = self.large.set(sheet.title, inner - self.facts.width - self.gap * 2)
            self.shared = self.text.set(sheet.shared, inner, 2)
            self.title_top, self.shared_top = top, top + self.title.height + self.gap // 2
            top = self.shared_top + self.shared.height + self.text.size
        self.page_labels = [self.text.set(page.label, inner) if self.labels else Lines.none() for page in sheet.pages]
        self.tops = []
        for label, rows in zip(self.page_labels, self.pages, strict=True):
            self.tops.append(top)
            top += label.height + (self.gap if label.height else 0) + self.head
            top += len(rows) * (self.cell_height + self.caption_height + self.gap) - self.gap
            top += self.text.size * 2
        self.height = top - self.text.size * 2 + self.margin


class _Pen:
    def __init__(self, picture: Image.Image, canvas: ImageDraw.ImageDraw, plan: _Layout) -> None:
        self._picture = picture
        self._canvas = canvas
        self._plan = plan

    def draw(self) -> None:
        plan = self._plan
        if plan.labels:
            inner = plan.width - 2 * plan.margin
            plan.title.draw(self._picture, plan.margin, plan.title_top, _INK)
            lower = plan.title_top + plan.title.height - plan.facts.height - plan.title.height // 10
            plan.facts.draw(self._picture, plan.margin, lower, _MUTED, width=inner, side=1)
            plan.shared.draw(self._picture, plan.margin, plan.shared_top, _MUTED)
        for number, top in enumerate(plan.tops):
            self._draw_page(number, top)

    def _draw_page(self, number: int, top: int) -> None:
        plan = self._plan
        label = plan.page_labels[number]
        if label.height:
            rule = top - plan.text.size // 2
            self._canvas.line((plan.margin, rule, plan.width - plan.margin, rule), _RULE)
            label.draw(self._picture, plan.margin, top, _INK)
            top += label.height + plan.gap
        plan.x_name.draw(self._picture, plan.left, top, _MUTED)
        top += plan.head
        plan.corner.draw(self._picture, plan.margin, top - plan.gap - plan.corner.height, _MUTED)
        for column, lines in enumerate(plan.column_labels):
            left = plan.left + column * (plan.cell_width + plan.gap)
            lines.draw(self._picture, left, top - plan.gap - lines.height, _INK, width=plan.cell_width, side=0.5)
        for row, cells in enumerate(plan.pages[number]):
            if row < len(plan.row_labels):
                lines = plan.row_labels[row]
                lines.draw(self._picture, plan.margin, top + (plan.cell_height - lines.height) / 2, _INK)
            for column, cell in enumerate(cells):
                self._draw_cell(cell, plan.left + column * (plan.cell_width + plan.gap), top)
            top += plan.cell_height + plan.caption_height + plan.gap

    def _draw_cell(self, cell: Cell | None, left: int, top: int) -> None:
        plan = self._plan
        width, height = plan.cell_width, plan.cell_height
        if cell is None:
            self._canvas.rectangle((left, top, left + width - 1, top + height - 1), None, _RULE)
            return
        if cell.tiles:
            self._canvas.rectangle((left, top, left + width - 1, top + height - 1), _BLANK)
            self._draw_tiles(cell.tiles, left, top)
            if cell.failed:
                self._draw_badge(f"{cell.failed} failed", "", left, top, width, height, _FAULT_INK, bottom=False)
        elif cell.problem:
            self._draw_words("failed", cell.problem, left, top)
        else:
            self._canvas.rectangle((left, top, left + width - 1, top + height - 1), _BLANK)
            lines = plan.small.set(cell.note, width - 2 * plan.gap, max(1, height // plan.small.leading))
            lines.draw(self._picture, left, top + (height - lines.height) / 2, _MUTED, width=width, side=0.5)
        if plan.caption_lines:
            lines = plan.small.set(cell.caption, width, plan.caption_lines)
            lines.draw(self._picture, left, top + height + plan.gap // 3, _MUTED)

    def _draw_words(self, head: str, text: str, left: int, top: int) -> None:
        plan = self._plan
        width, height, inset = plan.cell_width, plan.cell_height, max(3, plan.gap)
        self._canvas.rectangle((left, top, left + width - 1, top + height - 1), _FAULT, _FAULT_RULE)
        first = plan.small.set(head, width - 2 * inset)
        room = (height - 2 * inset - first.height) // plan.small.leading
        rest = plan.small.set(text, width - 2 * inset, room) if room > 0 else Lines.none()
        first.draw(self._picture, left + inset, top + inset, _FAULT_INK)
        rest.draw(self._picture, left + inset, top + inset + first.height, _INK)

    def _draw_tiles(self, tiles: Sequence[Tile], left: int, top: int) -> None:
        plan = self._plan
        shown = tiles[:_TILES]
        across, down = _split(len(shown), _shape(shown[0]), plan.cell_width, plan.cell_height)
        gap = max(1, plan.gap // 3) if len(shown) > 1 else 0
        width, height = (plan.cell_width - gap * (across - 1)) // across, (plan.cell_height - gap * (down - 1)) // down
        for number, tile in enumerate(shown):
            row, column = divmod(number, across)
            box = (left + column * (width + gap), top + row * (height + gap), width, height)
            place = self._draw_tile(tile, *box)
            if number + 1 == _TILES and len(tiles) > _TILES:
                self._draw_more(len(tiles) - _TILES, *place)

    def _draw_tile(self, tile: Tile, left: int, top: int, width: int, height: int) -> tuple[int, int, int, int]:
        from PIL import Image

        size = _fit(_shape(tile), width, height)
        image = _open_tile(tile, size)
        if image is None:
            self._canvas.rectangle((left, top, left + width - 1, top + height - 1), _BLANK, _RULE)
            lines = self._plan.small.set("file not found", width, 2)
            lines.draw(self._picture, left, top + (height - lines.height) / 2, _MUTED, width=width, side=0.5)
            return left, top, width, height
        x, y = left + (width - image.width) // 2, top + (height - image.height) // 2
        ground = Image.new("RGB", image.size, _PANEL)
        ground.paste(image, (0, 0), image if image.mode == "RGBA" else None)
        if tile.faded:
            ground = Image.blend(ground, Image.new("RGB", image.size, _PAPER), 0.65)
        self._picture.paste(ground, (x, y))
        if tile.kind != "image":
            said = _seconds(tile.duration)
            self._draw_badge(said, tile.kind, x, y, *image.size, _DARK, bottom=True)
        if tile.starred:
            self._draw_star(x, y, *image.size)
        return x, y, *image.size

    def _draw_star(self, left: int, top: int, width: int, height: int) -> None:
        side = max(9, min(28, round(min(width, height) * 0.15)))
        inset = max(2, side // 4)
        outer, inner = side / 2, side / 2 * 0.45
        points = []
        for corner in range(10):
            radius, angle = (inner if corner % 2 else outer), math.pi * (corner / 5 - 0.5)
            points.append((side / 2 + radius * math.cos(angle), side / 2 + radius * math.sin(angle)))
        middle = (left + width - inset - side // 2, top + inset + side // 2)
        rim = [((x - side / 2) * 1.45 + side * 0.75, (y - side / 2) * 1.45 + side * 0.75) for x, y in points]
        whole = round(side * 1.5)
        self._stamp(rim, whole, (middle[0] - whole // 2, middle[1] - whole // 2), _DARK, 150)
        self._stamp(points, side, (middle[0] - side // 2, middle[1] - side // 2), _STAR, 255)

    def _stamp(
        self,
        points: list[tuple[float, float]],
        side: int,
        where: tuple[int, int],
        colour: str,
        strength: int,
    ) -> None:
        from PIL import Image, ImageDraw

        mask = Image.new("L", (side * _SMOOTH, side * _SMOOTH))
        ImageDraw.Draw(mask).polygon([(x * _SMOOTH, y * _SMOOTH) for x, y in points], fill=strength)
        self._picture.paste(colour, where, mask.resize((side, side), Image.Resampling.BOX))

    def _draw_more(self, count: int, left: int, top: int, width: int, height: int) -> None:
        from PIL import Image

        self._picture.paste(_DARK, (left, top), Image.new("L", (width, height), 150))
        lines = self._plan.text.set(f"+{count:,}", width)
        lines.draw(self._picture, left, top + (height - lines.height) / 2, "white", width=width, side=0.5)

    def _draw_badge(
        self, text: str, kind: str, left: int, top: int, width: int, height: int, colour: str, *, bottom: bool
    ) -> None:
        from PIL import Image, ImageDraw

        plan = self._plan
        tall = plan.small.size + 6
        inset = max(2, tall // 4)
        icon = tall - 8 if kind else 0
        lines = plan.small.set(text, max(0, width - 2 * inset - icon - tall))
        if lines.lines and lines.lines[0] != text:
            lines = Lines.none()  # half a number is worse than none
        wide = icon + lines.width + tall * 3 // 4 + (tall // 4 if icon and lines.width else 0)
        x, y = left + inset, top + height - tall - inset if bottom else top + inset
        mask = Image.new("L", (wide * _SMOOTH, tall * _SMOOTH))
        pill = ImageDraw.Draw(mask)
        pill.rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), tall * _SMOOTH // 2, fill=205)
        self._picture.paste(colour, (x, y), mask.resize((wide, tall), Image.Resampling.BOX))
        start = x + tall * 3 // 8
        if kind:
            self._draw_icon(kind, start, y + (tall - icon) // 2, icon)
        lines.draw(self._picture, start + icon + (tall // 4 if icon else 0), y + (tall - lines.height) / 2, "white")

    def _draw_icon(self, kind: str, left: int, top: int, side: int) -> None:
        """A triangle for what plays, and three bars for what sounds."""
        from PIL import Image, ImageDraw

        big = side * _SMOOTH
        mask = Image.new("L", (big, big))
        shape = ImageDraw.Draw(mask)
        if kind == "video":
            shape.polygon([(big * 0.12, 0), (big * 0.12, big), (big, big / 2)], fill=255)
        else:
            for number, part in enumerate((0.45, 1.0, 0.65)):
                x = big * (0.06 + number * 0.34)
                shape.rectangle((x, big * (1 - part) / 2, x + big * 0.19, big * (1 + part) / 2), fill=255)
        self._picture.paste("white", (left, top), mask.resize((side, side), Image.Resampling.BOX))


def _tiles(sheet: Sheet) -> Iterator[Tile]:
    for page in sheet.pages:
        for row in page.rows:
            for cell in row:
                yield from cell.tiles if cell else ()


def _shape(tile: Tile) -> tuple[int, int]:
    return (tile.width, tile.height) if tile.width and tile.height else (2, 1)


def _fit(shape: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Give the size at which something fills a box, also where it has to be enlarged."""
    scale = min(width / shape[0], height / shape[1])
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _split(count: int, shape: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Say into how many columns and rows a cell is split, so that things of a shape are as large as they can be."""
    if count == 1:
        return 1, 1
    if count > 2:
        return 2, 2
    beside, below = _fit(shape, width // 2, height), _fit(shape, width, height // 2)
    return (2, 1) if beside[0] >= below[0] else (1, 2)


def _open_tile(tile: Tile, size: tuple[int, int]) -> Image.Image | None:
    """Open the smallest picture that is large enough, or any that is there."""
    from PIL import Image

    ways = [_from_thumbnail, _from_file] if max(size) <= _THUMBNAIL else [_from_file, _from_thumbnail]
    for way in ways:
        try:
            return way(tile, max(size)).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
        except (OSError, ResultError, ValueError):
            continue
    return None


def _from_thumbnail(tile: Tile, _side: int) -> Image.Image:
    with open_image(tile.thumbnail) as image:
        return to_rgb(image)


def _from_file(tile: Tile, side: int) -> Image.Image:
    if tile.kind == "image":
        with open_image(tile.path) as image:
            return shrink(image, side)
    with open_image(make_thumbnail(tile.path, tile.kind, side)) as image:
        return to_rgb(image)


def _seconds(duration: float | None) -> str:
    if duration is None:
        return ""
    if duration < 59.95:
        return f"{duration:.1f} s"
    minutes, seconds = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
