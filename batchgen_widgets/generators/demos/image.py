"""The demo that makes an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from ..context import TaskContext
from ..generator import generator
from ..parameters import Range

if TYPE_CHECKING:
    from PIL import Image

    Picture: TypeAlias = Image.Image
else:
    # Signatures are read at run time, and Pillow is only imported when a picture is painted.
    Picture = Any

__all__ = ["landscape"]

_PREVIEW_SIZE = 256
_PREVIEWS = 10


@generator(kind="image")
def landscape(
    prompt: Annotated[str, "What to paint: place, time of day, weather, season, style"] = "A beautiful landscape",
    seed: Annotated[int, "Chooses the composition and whatever the prompt leaves open"] = 0,
    width: Annotated[int, Range(64, 2048, step=64), "Width in pixels"] = 512,
    height: Annotated[int, Range(64, 2048, step=64), "Height in pixels"] = 512,
    steps: Annotated[int, Range(1, 150), "Passes of the brush: few are coarse and grainy, many are crisp"] = 20,
    cfg_scale: Annotated[float, Range(1.0, 20.0, step=0.5), "How strongly colour and contrast follow the prompt"] = 7.5,
    sampler: Annotated[
        Literal["euler", "ddim", "dpm++"], "The brush: soft gouache, visible oil strokes, or a fine point"
    ] = "euler",
    *,
    task: TaskContext,
) -> Picture:
    """Paint a landscape from words.

    Parameters
    ----------
    prompt : str
        Place (mountains, forest, desert, canyon, ocean, meadow, city), time (dawn, day, golden hour, sunset, dusk,
        night), weather (mist, rain, storm, snow, aurora), season, style (watercolor, ink, oil, pastel, sepia, neon) and
        colours. Words it does not know still move the composition and the hues.
    seed : int
        Chooses the composition and whatever the prompt leaves open.
    width, height : int
        Size in pixels, 64 to 2048 in steps of 64.
    steps : int
        1 to 150. Every step paints the whole picture again, finer than before.
    cfg_scale : float
        1 to 20: faint and hazy, to saturated and full of contrast.
    sampler : {"euler", "ddim", "dpm++"}
        Soft gouache, visible oil strokes, or a fine point.
    task : TaskContext
        Hears of every step, and sees about ten previews.

    Returns
    -------
    PIL.Image.Image
        An RGB picture; the same parameters give the same pixels.

    Raises
    ------
    TaskCancelled
        Within one layer of one step after the task was cancelled.
    """
    from .painting import Painter

    painter = Painter(prompt, seed, width, height, steps, cfg_scale, sampler, task.raise_if_cancelled)
    stride = -(-steps // _PREVIEWS)
    for index, _ in enumerate(painter.paint()):
        last = index + 1 == steps
        preview = painter.picture(_PREVIEW_SIZE) if index % stride == 0 and not last else None
        task.progress((index + 1) / steps, f"step {index + 1}/{steps}", preview=preview)
    return painter.picture()
