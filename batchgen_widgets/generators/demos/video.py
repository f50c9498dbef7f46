"""The demo that makes a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from ..context import TaskContext
from ..generator import generator
from ..parameters import Range

if TYPE_CHECKING:
    from batchgen_widgets.media import Video

    Clip: TypeAlias = Video
else:
    # Signatures are read at run time, and the media layer is only imported when a clip is made.
    Clip = Any

__all__ = ["drift"]

_PREVIEWS = 8


@generator(kind="video")
def drift(
    prompt: Annotated[str, "What flows: ink, smoke, fire, water, silk, aurora; calm or wild; colours"] = "Ink in water",
    seed: Annotated[int, "Chooses the currents"] = 0,
    seconds: Annotated[float, Range(0.5, 10.0, step=0.5), "Length of the loop in seconds"] = 2.0,
    fps: Annotated[int, Range(8, 30), "Frames per second"] = 24,
    width: Annotated[int, Range(64, 640, step=16), "Width in pixels"] = 256,
    height: Annotated[int, Range(64, 640, step=16), "Height in pixels"] = 256,
    turbulence: Annotated[float, Range(0.0, 1.0, step=0.05), "From slow veils to torn filaments"] = 0.5,
    palette: Annotated[
        Literal["auto", "ink", "ember", "lagoon", "orchid", "aurora", "gold"], "Colours; auto lets the prompt choose"
    ] = "auto",
    *,
    task: TaskContext,
) -> Clip:
    """Film currents of colour, as a loop without a seam.

    Parameters
    ----------
    prompt : str
        What flows (ink, smoke, fire, water, silk...), how (calm, wild...) and its colours. Unknown words still move the
        currents.
    seed : int
        Chooses the currents.
    seconds : float
        Length of the loop, 0.5 to 10.
    fps : int
        Frames per second, 8 to 30.
    width, height : int
        Size in pixels, 64 to 640 in steps of 16.
    turbulence : float
        0 to 1, from slow veils to torn filaments.
    palette : {"auto", "ink", "ember", "lagoon", "orchid", "aurora", "gold"}
        Colours; ``auto`` lets the prompt choose.
    task : TaskContext
        Hears of every frame, and sees about eight previews.

    Returns
    -------
    Video
        ``round(seconds * fps)`` frames; the last flows into the first. The same parameters give the same pixels.

    Raises
    ------
    TaskCancelled
        Before the next frame after the task was cancelled.
    """
    from batchgen_widgets.media import Video

    from .flow import Current

    count = max(1, round(seconds * fps))
    current = Current(prompt, seed, seconds, width, height, turbulence, palette)
    stride = -(-count // _PREVIEWS)
    frames = []
    for index in range(count):
        frame = current.frame(index / count)
        frames.append(frame)
        preview = frame if index % stride == 0 else None
        task.progress((index + 1) / count, f"frame {index + 1}/{count}", preview=preview)
    return Video(frames, fps)
