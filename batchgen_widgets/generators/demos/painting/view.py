"""The canvas one pass of the painter works on, and the tools every layer shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from .noise import Fields, Floats


class View:
    """One rendering at one size: coordinates, detail and the picture itself.

    Parameters
    ----------
    width, height : int
        Size of this rendering in pixels; coarse passes are smaller than the picture.
    detail : float
        0..1, how much fine structure is worth drawing.
    fields : Fields
        The picture's noise textures.
    jitter : tuple of float
        Offset inside a pixel, so that passes laid over each other smooth the edges.
    """

    def __init__(
        self, width: int, height: int, detail: float, fields: Fields, jitter: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        self.width = width
        self.height = height
        self.detail = detail
        self.fields = fields
        self.unit = float((width * height) ** 0.5)
        self.x = ((np.arange(width, dtype=np.float32) + np.float32(0.5 + jitter[0] - width / 2)) / self.unit).astype(
            np.float32
        )
        """Column positions; 0 in the middle, 1 is the side of a square of the same area."""
        self.row = np.arange(height, dtype=np.float32) + np.float32(0.5 + jitter[1])
        self.y = (self.row / height).astype(np.float32)
        """Row positions, 0 at the top and 1 at the bottom."""
        self.tall = height / self.unit
        self.canvas: Floats = np.zeros((height, width, 3), dtype=np.float32)

    @property
    def octaves(self) -> int:
        """How many octaves of a profile this size and detail can show."""
        return int(np.clip(round(np.log2(max(self.unit, 16)) - 1.5 + 2 * self.detail), 3, 9))

    @cached_property
    def extent(self) -> float:
        """Half of the width in units."""
        return self.width / self.unit / 2

    def over(self, start: int, stop: int, color: Floats, cover: Floats | float) -> None:
        """Paint a colour (or an array of them) over rows start..stop."""
        part = self.canvas[start:stop]
        delta = color - part
        if isinstance(cover, np.ndarray):
            delta *= cover[..., None] if cover.ndim == 2 else cover
        else:
            delta *= np.float32(cover)
        part += delta

    def mask(self, draw: Callable[[ImageDraw.ImageDraw, float], None]) -> Floats:
        """Draw shapes with twice the resolution and give their smooth cover, 0..1.

        ``draw`` gets the drawing and the number of its pixels in one unit; positions are in pixels of the drawing.
        """
        image = Image.new("L", (self.width * 2, self.height * 2))
        draw(ImageDraw.Draw(image), self.unit * 2)
        return np.asarray(image.reduce(2), dtype=np.float32) * np.float32(1 / 255)


def blur(image: Floats, factor: int) -> Floats:
    """Soften an HxWx3 picture widely and cheaply, by way of a small copy."""
    height, width = image.shape[:2]
    small = (max(2, width // factor), max(2, height // factor))
    out = np.empty_like(image)
    for channel in range(3):
        plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
        plane = plane.resize(small, Image.Resampling.BOX)
        plane = plane.resize(small, Image.Resampling.BICUBIC)
        out[..., channel] = np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC))
    return out


def enlarge(image: Floats, width: int, height: int) -> Floats:
    """Resample an HxWx3 picture to another size."""
    if image.shape[:2] == (height, width):
        return image
    planes = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(image[..., c])).resize((width, height), Image.Resampling.BICUBIC)
        )
        for c in range(3)
    ]
    return np.stack(planes, axis=-1)
