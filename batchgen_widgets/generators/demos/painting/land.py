"""Ridges, hills, dunes and mesas: one layer after the other, from the far ones to the near ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .noise import Floats, line, ridge_line, rng_for, sample, smoothstep, spikes
from .palettes import Palette, mix
from .view import View


@dataclass(frozen=True)
class Layer:
    """One layer of land.

    Heights are parts of the picture's height above ``base``; ``depth`` is 1 at the horizon and 0 at the viewer.
    """

    kind: str
    """"peaks", "hills", "wood", "dunes" or "mesas"."""
    base: float
    height: float
    depth: float
    name: str
    snow: float = 0.0
    frequency: float = 1.0
    lean: float = 0.0
    """Where the layer is higher: negative at the left, positive at the right."""


def profile(view: View, layer: Layer, seed: int, key: int) -> Floats:
    """Height of the top edge in rows, for every column."""
    rng = rng_for(seed, key, layer.name)
    x = view.x
    if layer.kind == "peaks":
        warp = 0.05 * line(rng, x, 2.2, 2)
        shape = ridge_line(rng, x + warp, 1.25 * layer.frequency, view.octaves)
        summit = float(rng.uniform(0.12, 0.3)) * (1 if rng.random() < 0.5 else -1)
        swell = np.exp(-(((x - np.float32(summit)) / np.float32(0.34)) ** 2))
        shape = shape * (0.6 + 0.5 * swell) + 0.16 * swell - 0.05 + 0.05 * line(rng, x, 9, max(2, view.octaves - 3))
    elif layer.kind == "dunes":
        shape = 0.5 + 0.5 * line(rng, x, 0.9 * layer.frequency, 2, 0.35)
        crest = 1 - np.abs(line(rng, x + 0.15 * shape, 0.8 * layer.frequency, 1))
        shape = 0.45 * shape + 0.55 * crest**1.6
    elif layer.kind == "mesas":
        wave = line(rng, x, 3.6 * layer.frequency, 3, 0.5)
        shape = smoothstep(0.05, 0.13, wave) * 0.5 + smoothstep(0.42, 0.47, wave) * 0.36
        shape = shape + 0.12 * np.clip(wave + 0.4, 0, 1) + 0.012 * line(rng, x, 22, view.octaves - 2)
    else:
        shape = 0.5 + 0.42 * line(rng, x, 0.9 * layer.frequency, 4, 0.42)
        if layer.kind == "wood":
            size = np.float32((0.035 + 0.075 * (1 - layer.depth)) / max(layer.height, 0.02))
            gap = 0.55 + 0.45 * line(rng, x, 5, 2)
            shape = shape + size * spikes(rng, x, 30 + 70 * layer.depth) * np.clip(gap, 0.25, 1)
            shape = shape + size * 0.12 * line(rng, x, 120, max(1, view.octaves - 5))
    shape = shape * (1 + np.float32(layer.lean) * x)
    if layer.kind == "peaks":
        # No needle towers over the picture.
        shape = np.minimum(shape, 0.75) + 0.4 * np.tanh(np.maximum(shape - 0.75, 0) / 0.4)
    return np.asarray((layer.base - layer.height * shape) * view.height, dtype=np.float32)


def paint_layer(
    view: View, palette: Palette, layer: Layer, seed: int, key: int, sun: tuple[float, float], bottom: float,
    haze: float,
) -> None:  # fmt: skip
    """Paint one layer down to ``bottom``, with its light, its snow and the mist at its foot."""
    top = profile(view, layer, seed, key)
    start = int(np.clip(np.floor(top.min()) - 1, 0, view.height - 1))
    stop = int(np.clip(np.ceil(bottom * view.height) + 1, start + 1, view.height))
    below = view.row[start:stop, None] - top[None, :]
    cover = np.clip(below + np.float32(0.5), 0, 1)
    below = np.maximum(below, 0) / np.float32(view.height)
    side = np.float32(1.0 if sun[0] < 0 else -1.0)
    x = np.broadcast_to(view.x[None, :], below.shape)
    key_shift = np.float32((seed % 97) / 97 + layer.depth * 1.7)
    near = 1 - layer.depth
    lit: Floats
    if layer.kind == "peaks":
        wide = sample(view.fields.smooth, x * np.float32(0.5) + key_shift, below * np.float32(1.1) + key_shift)
        u = x * np.float32(0.85) + wide * np.float32(0.05) + below * np.float32(0.35 * side) + key_shift
        v = below * np.float32(0.7) - np.float32(0.45) * top[None, :] / np.float32(view.height)
        relief = sample(view.fields.rock, u, v)
        if view.detail > 0.3:
            relief = relief + np.float32(0.7) * sample(view.fields.rock, u * np.float32(2.7), v * np.float32(2.7))
        slope = np.gradient(top) / np.float32(view.height / view.unit)
        relief = relief * np.float32(0.62) - np.float32(0.62) * np.tanh(slope * 0.9)[None, :]
        lit = smoothstep(-0.95, 0.95, side * -relief)
        ground = palette.rock
    elif layer.kind == "dunes":
        u = x * np.float32(0.16 + 0.1 * layer.depth) - below * np.float32(0.24) + key_shift
        v = below * np.float32(0.55) - np.float32(0.2) * top[None, :] / np.float32(view.height) + key_shift
        relief = sample(view.fields.dune, u, v)
        bend = sample(view.fields.smooth, u * 2, v * 2)
        phase = (below * np.float32(310 / (0.35 + 2.2 * near)) + x * np.float32(14 * side) + bend * 5) * np.float32(1.0)
        ripple = np.sin(phase) * np.float32(0.07 * near * min(1.0, view.detail * 1.5))
        crest = np.exp(-below * np.float32(26)) * np.float32(0.35)
        lit = np.clip(smoothstep(-0.5, 0.6, side * -relief) * np.float32(0.9) + ripple + crest, 0, 1)
        ground = palette.sand
    elif layer.kind == "mesas":
        bands = below * np.float32(1.3) + key_shift
        strata = sample(view.fields.cloud, x * np.float32(0.02) + key_shift, bands)
        strata = strata + np.float32(0.6) * sample(view.fields.cloud, x * np.float32(0.05), bands * np.float32(3.3))
        relief = sample(view.fields.rock, x * np.float32(1.1) + key_shift, below * np.float32(0.16))
        lit = np.clip(0.52 + 0.2 * strata - 0.13 * side * relief, 0, 1)
        ground = palette.rock
    else:
        rough = sample(view.fields.cloud, x * np.float32(0.9) + key_shift, below * np.float32(2.6) + key_shift)
        rise = np.exp(-below * np.float32(22 if layer.kind == "wood" else 9))
        lit = np.clip(0.22 + 0.5 * rise + 0.16 * rough, 0, 1)
        ground = palette.wood if layer.kind == "wood" else mix(palette.wood, palette.meadow, 0.25 + 0.6 * near)
    dark, bright = ground * palette.shade, ground * palette.light
    if layer.kind == "wood":
        dark = dark * np.float32(0.45 + 0.4 * layer.depth)
    color = dark + (bright - dark) * lit[..., None]
    if layer.snow > 0:
        rough = sample(view.fields.cloud, x * np.float32(0.8) + key_shift, below * np.float32(1.2))
        altitude = np.float32(layer.base) - (view.row[start:stop, None] / np.float32(view.height))
        line_at = np.float32(layer.height * (1.0 - layer.snow))
        amount = smoothstep(-0.012, 0.016, altitude - line_at + 0.02 * rough - 0.02 * (1 - lit)) * np.float32(0.94)
        white = palette.snow * (palette.shade * 1.3 + (palette.light - palette.shade * 1.3) * lit[..., None])
        color += (white - color) * amount[..., None]
    # Air: farther layers fade into the haze, which is brighter around the sun, and mist gathers at each foot.
    toward = np.exp(-np.abs(view.x - np.float32(sun[0])) * np.float32(2.3))[None, :, None]
    air = palette.haze + (palette.glow - palette.haze) * (toward * np.float32(0.5))
    foot = np.clip(below / np.float32(layer.height * 1.5 + 0.05), 0, 1) ** 1.4
    veil = np.float32(layer.depth**1.25 * (0.62 + 0.24 * haze)) + foot * np.float32(
        (0.1 + 0.5 * layer.depth) * (0.5 + haze)
    )
    color += (air - color) * np.clip(veil, 0, 0.97)[..., None]
    view.over(start, stop, np.asarray(color, dtype=np.float32), cover)


def paint_mist(view: View, palette: Palette, seed: int, key: int, level: float, amount: float, name: str) -> None:
    """Lay a band of drifting mist over what is painted so far."""
    rng = rng_for(seed, key, "mist", name)
    rows = view.y[:, None]
    u = np.broadcast_to(view.x[None, :] * np.float32(0.28) + np.float32(rng.random()), (view.height, view.width))
    drift = sample(view.fields.cloud, u, rows * np.float32(0.9) + np.float32(rng.random()) + np.zeros_like(u))
    band = np.exp(-(((rows - np.float32(level)) / np.float32(0.085)) ** 2))
    cover = np.clip(band * (np.float32(0.75) + np.float32(0.38) * drift), 0, 1) * np.float32(amount)
    view.over(0, view.height, palette.haze * np.float32(0.94) + np.float32(0.05) * palette.glow, cover)


def paint_field(
    view: View, palette: Palette, seed: int, key: int, start_level: float, sun: tuple[float, float], winter: bool,
    name: str = "field", swell: float = 0.018,
) -> None:  # fmt: skip
    """Cover the ground from ``start_level`` down with a meadow in perspective."""
    rng = rng_for(seed, key, name)
    edge = (np.float32(start_level) + np.float32(swell) * line(rng, view.x, 1.1, 4)) * np.float32(view.height)
    start = int(np.clip(np.floor(edge.min()) - 1, 0, view.height - 2))
    below = view.row[start:, None] - edge[None, :]
    cover = np.clip(below + np.float32(0.5), 0, 1)
    near = np.maximum(below, 0) / np.float32(view.height * (1 - start_level + 0.02))
    scale = np.float32(1) / (np.float32(0.12) + near)
    x = view.x[None, :] * scale + np.float32(rng.random())
    rolls = sample(view.fields.smooth, x * np.float32(0.14), scale * np.float32(0.16))
    blades = sample(view.fields.cloud, x * np.float32(1.4) + rolls * 0.03, scale * np.float32(0.9))
    tufts = sample(view.fields.cloud, x * np.float32(0.4), scale * np.float32(0.75) + 0.3)
    sunward = np.exp(-np.abs(view.x - np.float32(sun[0])) * np.float32(1.8))[None, :]
    lit = 0.55 + 0.24 * rolls + (0.08 + 0.1 * near) * blades + 0.14 * tufts + 0.24 * sunward - 0.3 * near
    lit = np.clip(lit, 0, 1)[..., None]
    ground = palette.snow if winter else palette.meadow
    lit = lit + np.float32(swell * 8) * np.exp(-near * np.float32(16))[..., None]
    deep = palette.snow * np.float32(0.9) if winter else mix(palette.meadow, palette.wood, 0.6)
    dark, bright = deep * palette.shade, ground * palette.light
    color = dark + (bright - dark) * lit
    air = np.exp(-near * np.float32(7)) * np.float32(0.9 - 0.85 * min(start_level, 1.0))
    color += (palette.haze - color) * air[..., None]
    view.over(start, view.height, np.asarray(color, dtype=np.float32), cover)
