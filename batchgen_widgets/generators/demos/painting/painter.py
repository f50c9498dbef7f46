"""The iterative refinement: from coarse noisy blobs to a finished painting, one pass a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from .brush import HANDS, dab, grade, sharpen
from .noise import Floats, rng_for
from .scene import Scene
from .view import enlarge
from .words import read_prompt

SMALLEST_PASS = 96


class Painter:
    """Paints one landscape.

    Parameters
    ----------
    prompt, seed, width, height, steps, cfg_scale, sampler
        As for the ``landscape`` generator.
    check
        Called between the layers of each pass; may raise to stop the painting there.
    """

    def __init__(
        self, prompt: str, seed: int, width: int, height: int, steps: int, cfg_scale: float, sampler: str,
        check: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.wish = read_prompt(prompt)
        self.seed, self.width, self.height, self.steps = seed, width, height, steps
        self.follow = (cfg_scale / 7.5) ** 0.55
        self.hand = HANDS[sampler]
        self.scene = Scene(self.wish, seed, self.follow, check)
        self.quality = 1 - float(np.exp(-steps / 9))
        self.canvas: Floats | None = None
        self.sigma = 1.0
        self._rng = rng_for(seed, self.wish.key, "passes", sampler)

    def _scale(self, level: float) -> float:
        """Size of a pass as a part of the picture."""
        scale = 0.125 if level < 0.16 else 0.25 if level < 0.32 else 0.5 if level < 0.58 else 1.0
        side = min(self.width, self.height)
        while scale < 1 and side * scale < SMALLEST_PASS:
            scale *= 2
        return min(scale, 1.0)

    def paint(self) -> Iterator[None]:
        """Refine the canvas, one step at a time."""
        for index in range(self.steps):
            part = (index + 1) / self.steps
            level = self.quality * part**0.75
            scale = self._scale(level)
            width, height = max(8, round(self.width * scale)), max(8, round(self.height * scale))
            jitter = self._rng.uniform(-0.5, 0.5, 2) if scale == 1 else np.zeros(2)
            turn = self._rng.random(2)
            target = self.scene.render(width, height, level, (float(jitter[0]), float(jitter[1])))
            oil = 1.7 if self.wish.style == "oil" else 1.0
            size = self.hand.size * oil * (0.75 + 3.6 * (1 - level) ** 2)
            strokes = dab(target, self.scene.fields, size, self.hand, (float(turn[0]), float(turn[1])))
            cover = min(1.0, self.hand.cover * oil * oil * (1 - 0.45 * level) + 0.45 * (1 - level))
            target = target + (strokes - target) * np.float32(cover)
            target = enlarge(target, self.width, self.height)
            keep = 0.0 if self.canvas is None else (0.18 + 0.42 * level) * self.hand.keep / oil
            self.canvas = target if self.canvas is None else target + (self.canvas - target) * np.float32(keep)
            self.sigma = 0.24 * (1 - level) ** 2.4 + self.hand.grain
            yield

    def picture(self, limit: int | None = None) -> Image.Image:
        """Develop the canvas as it is now; ``limit`` gives a small copy for a preview."""
        canvas = self.canvas
        if canvas is None:
            raise ValueError("Nothing is painted yet: take a step of paint() first.")
        if limit is not None and max(canvas.shape[:2]) > limit:
            step = -(-max(canvas.shape[:2]) // limit)
            canvas = canvas[::step, ::step]
        image = sharpen(canvas, self.hand.crisp * self.quality if limit is None else 0.0)
        image = grade(image, self.follow, self.wish.style, self.scene.fields)
        rng = rng_for(self.seed, self.wish.key, "grain")
        height, width = image.shape[:2]
        fine = rng.standard_normal((height, width, 1), dtype=np.float32)
        rough = rng.standard_normal((max(1, height // 3), max(1, width // 3), 3), dtype=np.float32)
        grain = fine * np.float32(0.5) + enlarge(rough, width, height) * np.float32(0.34)
        shade = 0.35 + 0.65 * np.clip(1 - np.abs(image * 2 - 1), 0, 1)
        image = image + grain * shade * np.float32(self.sigma)
        dither = rng.random((height, width, 1), dtype=np.float32)
        return Image.fromarray(np.clip(image * 255 + dither, 0, 255).astype(np.uint8))
