"""Images that are none: models that overflow give black ones, and samplers that diverge give one colour."""

from __future__ import annotations

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media.normalize import Outputs

__all__ = ["check_images"]

_NEARLY = 2
"""Channels that differ by no more than this over the whole image are one colour, also after a lossy encoder."""


def check_images(outputs: Outputs) -> None:
    """Refuse images of one colour; NaN and infinite values are refused by `normalize` already.

    Raises
    ------
    ResultError
        Names the image and its colour.
    """
    from PIL import Image

    from batchgen_widgets.media.pixels import to_rgb
    from batchgen_widgets.media.probe import open_image

    for number, item in enumerate(outputs.items):
        if item.kind != "image":
            continue
        where = f"image {item.name!r}" if item.name else f"image {number}" if len(outputs.items) > 1 else "the image"
        if isinstance(item.source, Image.Image):
            colour = _one_colour(to_rgb(item.source))
        else:
            assert not hasattr(item.source, "samples")
            with open_image(item.source) as image:  # type: ignore[arg-type]
                colour = _one_colour(to_rgb(image))
        if colour is not None:
            name = "black" if max(colour) <= _NEARLY else "white" if min(colour) >= 255 - _NEARLY else f"rgb{colour}"
            raise ResultError(f"{where} is {name} all over; check_images=False keeps such images")


def _one_colour(image: object) -> tuple[int, ...] | None:
    extrema = image.getextrema()  # type: ignore[attr-defined]
    if all(high - low <= _NEARLY for low, high in extrema):
        return tuple(low for low, _ in extrema)
    return None
