"""Still lakes that mirror the picture, and open sea with waves and a glitter path."""

from __future__ import annotations

import numpy as np

from .noise import Floats, rng_for, sample, smoothstep
from .palettes import Palette
from .view import View


def paint_water(
    view: View,
    palette: Palette,
    seed: int,
    key: int,
    level: float,
    sun: tuple[float, float],
    chop: float,
    glitter: float,
) -> None:
    """Mirror what stands above ``level`` into everything below it.

    ``chop`` goes from 0, a mirror, to 1, the sea; ``glitter`` is the strength of the sun's path.
    """
    rng = rng_for(seed, key, "water")
    start = int(np.clip(round(level * view.height), 1, view.height - 1))
    count = view.height - start
    near = ((np.arange(count, dtype=np.float32) + np.float32(0.5)) / np.float32(view.height))[:, None]
    scale = np.float32(1) / (near + np.float32(0.022))
    x = view.x[None, :]
    shift = np.float32(rng.random())
    u = x * scale * np.float32(0.05 + 0.03 * chop) + shift
    v = scale * np.float32(0.19) + shift + np.zeros_like(u)
    swell = sample(view.fields.smooth, u * np.float32(0.9), v)
    wave = sample(view.fields.cloud, u * np.float32(1.1) + swell * np.float32(0.02), v * np.float32(3.1))
    if view.detail > 0.3:
        wave = wave + np.float32(0.55) * sample(view.fields.cloud, u * np.float32(3.3), v * np.float32(9.5))
    push = (wave * np.float32(0.35 + 0.65 * chop) + swell * np.float32(0.5 * chop)) * np.float32(0.006 + 0.05 * chop)
    push = push * (np.float32(0.25) + np.sqrt(near) * np.float32(1.6))
    mirror = np.float32(level) - near * np.float32(0.94 - 0.2 * chop) - np.abs(push) * np.float32(0.8) + push
    source = np.clip((mirror * np.float32(view.height)).astype(np.int32), 0, max(start - 1, 0))
    sway = push * np.float32(0.35 * view.unit)
    column = np.clip(np.arange(view.width, dtype=np.float32)[None, :] + sway, 0, view.width - 1).astype(np.int32)
    reflected: Floats = view.canvas.reshape(-1, 3)[source * view.width + column]
    deep = (palette.sky[0] * np.float32(0.45) + palette.sky[1] * np.float32(0.2)) * np.float32(0.75)
    deep = deep + np.array([0.0, 0.03, 0.045], dtype=np.float32) * palette.light
    grazing = np.clip(np.float32(0.86 - 0.16 * chop) - near * np.float32(0.62 + 0.7 * chop), 0.2, 1)
    facing = np.clip(grazing - wave * np.float32(0.05 + 0.17 * chop) * (0.4 + 1.6 * np.sqrt(near)), 0.08, 1)
    color = deep + (reflected - deep) * facing[..., None]
    shore = np.exp(-near * np.float32(55)) * np.float32(0.22)
    color += (palette.haze - color) * shore[..., None]
    if glitter > 0:
        spread = np.float32(0.05) + near * np.float32(0.3 + 0.25 * chop)
        path = np.exp(-(((x - np.float32(sun[0]) + push * 0.5) / spread) ** 2))
        spark = smoothstep(0.15, 1.5, wave + np.float32(0.4) * path)
        spark = spark * path * np.float32(glitter)
        color += (
            spark[..., None] * (palette.sun * np.float32(0.6) + palette.glow * np.float32(0.4)) * (1.15 - color * 0.6)
        )
        color += (path * np.float32(0.1 * glitter))[..., None] * palette.glow
    if chop > 0.5:
        foam = smoothstep(1.5, 2.3, wave + np.float32(0.3) * swell) * np.clip(near * 5, 0, 1) * np.float32(0.55 * chop)
        color += (palette.snow * palette.light - color) * np.clip(foam, 0, 1)[..., None]
    view.canvas[start:] = color
