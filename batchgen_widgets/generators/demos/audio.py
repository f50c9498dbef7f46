"""The demo that makes sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from ..context import TaskContext
from ..generator import generator
from ..parameters import Range

if TYPE_CHECKING:
    from batchgen_widgets.media import Audio

    Sound: TypeAlias = Audio
else:
    # Signatures are read at run time, and the media layer is only imported when a sound is made.
    Sound = Any

__all__ = ["chime"]


@generator(kind="audio")
def chime(
    prompt: Annotated[str, "Mood and instrument: calm, bright, dark, fast; bells, glass, harp, wood, wind, rain"] = (
        "Wind chimes at dusk"
    ),
    seed: Annotated[int, "Chooses the melody"] = 0,
    duration: Annotated[float, Range(0.5, 30.0, step=0.5), "Length in seconds"] = 4.0,
    tempo: Annotated[int, Range(40, 200), "Beats per minute"] = 84,
    scale: Annotated[
        Literal["pentatonic", "major", "minor", "dorian", "lydian", "hirajoshi"], "The notes it may play"
    ] = "pentatonic",
    brightness: Annotated[float, Range(0.0, 1.0, step=0.05), "From muffled to sparkling"] = 0.5,
    *,
    task: TaskContext,
) -> Sound:
    """Play a few bars of bells in a large room.

    Parameters
    ----------
    prompt : str
        Mood (calm, bright, dark, fast...) and instrument (bells, glass, harp, wood...). Unknown words still move the
        melody.
    seed : int
        Chooses the melody.
    duration : float
        Length in seconds, 0.5 to 30.
    tempo : int
        Beats per minute, 40 to 200.
    scale : {"pentatonic", "major", "minor", "dorian", "lydian", "hirajoshi"}
        The notes it may play.
    brightness : float
        0 to 1, from muffled to sparkling.
    task : TaskContext
        Hears of every note.

    Returns
    -------
    Audio
        Stereo at 44,100 Hz, float32, never above 0.9; the same parameters give the same samples.

    Raises
    ------
    TaskCancelled
        Before the next note after the task was cancelled.
    """
    from batchgen_widgets.media import Audio

    from .sound import SAMPLE_RATE, Player

    player = Player(prompt, seed, duration, tempo, scale, brightness)
    # The room and the last fades are the final two parts of the work.
    total = len(player.notes) + 2
    task.progress(0.0, "tuning")
    for index, note in enumerate(player.notes):
        player.play(note)
        task.progress((index + 1) / total, f"note {index + 1}/{len(player.notes)}")
    player.add_room()
    task.progress((total - 1) / total, "mastering")
    samples = player.master()
    task.progress(1.0, "done")
    return Audio(samples, SAMPLE_RATE)
