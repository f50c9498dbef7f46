"""What stands close to the viewer: trees, reeds, flowers, birds and buildings, drawn as smooth masks."""

from __future__ import annotations

import math

import numpy as np
from PIL import ImageDraw

from .noise import Floats, rng_for
from .palettes import Palette, mix
from .view import View

Drawing = ImageDraw.ImageDraw


def _pine(draw: Drawing, rng: np.random.Generator, x: float, foot: float, height: float) -> None:
    """One conifer: a slim trunk and ragged boughs that droop."""
    tiers = int(np.clip(height / 9, 7, 20))
    width = height * float(rng.uniform(0.15, 0.21))
    top = foot - height
    bend = float(rng.normal(0, 0.012)) * height
    thick = height * 0.011
    draw.polygon([(x + bend, top), (x + thick, foot + height * 0.02), (x - thick, foot + height * 0.02)], fill=255)
    for tier in range(tiers):
        part = (tier + 0.6) / tiers
        y = top + height * 0.95 * part
        middle = x + bend * (1 - part)
        rise = height * 0.95 / tiers * 1.5
        for side in (-1.0, 1.0):
            out = width * part**0.85 * float(rng.uniform(0.55, 1.12)) * side
            drop = rise * float(rng.uniform(0.25, 0.6))
            draw.polygon(
                [
                    (middle, y - rise),
                    (middle + out * 0.45, y - rise * 0.2),
                    (middle + out, y + drop),
                    (middle + out * 0.55, y + drop * 0.45),
                    (middle + out * 0.3, y + drop * 0.8),
                    (middle, y + drop * 0.3),
                ],
                fill=255,
            )


def _branch(
    draw: Drawing, rng: np.random.Generator, tips: list[tuple[float, float]], x: float, y: float, angle: float,
    length: float, width: float, depth: int,
) -> None:  # fmt: skip
    """Grow a limb and what it carries; collect where the leaves go."""
    x1, y1 = x + math.cos(angle) * length, y - math.sin(angle) * length
    draw.line((x, y, x1, y1), fill=255, width=max(1, round(width)))
    if depth <= 2:
        tips.append((x1, y1))
    if depth == 0:
        return
    for side in (-1, 1) if depth < 4 else (-1, 0.2, 1):
        turn = side * float(rng.uniform(0.28, 0.6)) + float(rng.normal(0, 0.08))
        _branch(draw, rng, tips, x1, y1, angle + turn, length * float(rng.uniform(0.66, 0.8)), width * 0.66, depth - 1)


def pines_mask(
    view: View, seed: int, key: int, name: str, foot: float, height: float, count: int, side: float
) -> Floats:
    """A stand of conifers; ``side`` -1 gathers them at the left edge, 1 at the right, 0 spreads them."""

    def draw(drawing: Drawing, unit: float) -> None:
        rng = rng_for(seed, key, "pines", name)
        wide, tall = view.width * 2, view.height * 2
        for _ in range(count):
            where = float(rng.random())
            if side:
                where = where**1.7 * 0.3
                where = 1 - where if side > 0 else where
                size = height * (1.1 - 1.9 * min(where, 1 - where)) * float(rng.uniform(0.5, 1.0))
            else:
                size = height * float(rng.uniform(0.45, 1.0))
            _pine(
                drawing, rng, (where * 1.06 - 0.03) * wide, (foot + float(rng.uniform(-0.01, 0.02))) * tall, size * tall
            )

    return view.mask(draw)


def tree_masks(
    view: View, seed: int, key: int, foot: float, height: float, side: float, leaves: bool
) -> tuple[Floats, Floats]:
    """One big broad tree: its wood and its leaves."""
    tips: list[tuple[float, float]] = []
    place = 0.5 + side * float(rng_for(seed, key, "tree-place").uniform(0.26, 0.36))

    def wood(drawing: Drawing, unit: float) -> None:
        rng = rng_for(seed, key, "tree")
        size = height * view.height * 2
        angle = math.pi / 2 - side * 0.06
        _branch(
            drawing,
            rng,
            tips,
            place * view.width * 2,
            (foot + 0.01) * view.height * 2,
            angle,
            size * 0.27,
            size * 0.05,
            6,
        )

    def foliage(drawing: Drawing, unit: float) -> None:
        rng = rng_for(seed, key, "leaves")
        size = height * view.height * 2
        for x, y in tips:
            for _ in range(4):
                r = size * float(rng.uniform(0.008, 0.03))
                cx, cy = x + float(rng.normal(0, size * 0.03)), y + float(rng.normal(0, size * 0.026))
                drawing.ellipse((cx - r, cy - r * 0.8, cx + r, cy + r * 0.8), fill=int(rng.integers(150, 256)))

    trunk = view.mask(wood)
    return trunk, view.mask(foliage) if leaves else np.zeros_like(trunk)


def reeds_mask(view: View, seed: int, key: int, foot: float, height: float, count: int) -> Floats:
    """Blades of grass at the lower edge."""

    def draw(drawing: Drawing, unit: float) -> None:
        rng = rng_for(seed, key, "reeds")
        wide, tall = view.width * 2, view.height * 2
        for _ in range(count):
            x = float(rng.uniform(-0.02, 1.02))
            edge = abs(x - 0.5) * 2
            size = height * float(rng.uniform(0.3, 1.0)) * (0.35 + 0.65 * edge**1.5) * tall
            lean = float(rng.normal(0.12, 0.22)) * size
            x0, y0 = x * wide, foot * tall
            w = max(0.9, 0.0022 * unit)
            drawing.polygon(
                [(x0 - w, y0), (x0 + lean * 0.35 - w * 0.7, y0 - size * 0.6), (x0 + lean, y0 - size),
                 (x0 + lean * 0.35 + w * 0.7, y0 - size * 0.6), (x0 + w, y0)], fill=255,
            )  # fmt: skip

    return view.mask(draw)


def flowers_mask(view: View, seed: int, key: int, level: float, count: int) -> Floats:
    """Flowers strewn over a field in perspective, in drifts."""

    def draw(drawing: Drawing, unit: float) -> None:
        rng = rng_for(seed, key, "flowers")
        wide, tall = view.width * 2, view.height * 2
        for _ in range(count):
            near = float(rng.random()) ** 1.4
            x = float(rng.uniform(0, 1))
            drift = math.sin(x * 9 + near * 5 + seed % 7) + math.sin(x * 23 - near * 11)
            if drift < -0.2 and rng.random() < 0.8:
                continue
            y = level + 0.03 + near * (0.97 - level)
            r = unit * (0.0009 + 0.0042 * near**1.3) * float(rng.uniform(0.6, 1.2))
            drawing.ellipse(
                (x * wide - r, y * tall - r * 0.8, x * wide + r, y * tall + r * 0.8), fill=int(rng.integers(140, 256))
            )

    return view.mask(draw)


def birds_mask(view: View, seed: int, key: int, horizon: float) -> Floats:
    """A small flock."""

    def draw(drawing: Drawing, unit: float) -> None:
        rng = rng_for(seed, key, "birds")
        cx, cy = float(rng.uniform(0.25, 0.75)), horizon * float(rng.uniform(0.35, 0.65))
        for _ in range(int(rng.integers(4, 9))):
            x = (cx + float(rng.normal(0, 0.06))) * view.width * 2
            y = (cy + float(rng.normal(0, 0.03))) * view.height * 2
            s = unit * float(rng.uniform(0.006, 0.013))
            lift = float(rng.uniform(0.25, 0.6)) * s
            thick = max(1, round(unit * 0.0022))
            wings = [(-1.0, lift), (-0.35, lift * 0.9), (0.0, 0.0), (0.35, lift * 0.9), (1.0, lift)]
            drawing.line([(x + s * dx, y - dy) for dx, dy in wings], fill=220, width=thick, joint="curve")

    return view.mask(draw)


def city_masks(view: View, seed: int, key: int, row: int, foot: float, height: float) -> tuple[Floats, Floats]:
    """One row of buildings: their bodies and their lit windows."""
    boxes: list[tuple[float, float, float, float, float]] = []
    rng = rng_for(seed, key, "city", row)
    x, cluster = -0.03, float(rng.uniform(0.3, 0.7))
    while x < 1.03:
        wide = float(rng.uniform(0.022, 0.06)) * (1 + 0.25 * row)
        swell = math.exp(-(((x - cluster) / 0.24) ** 2))
        tall = height * (0.2 + 0.35 * float(rng.random()) + 0.65 * swell * float(rng.uniform(0.45, 1.0)))
        boxes.append((x, foot - tall, x + wide, foot, float(rng.random())))
        x += wide * float(rng.uniform(0.72, 1.12))

    def bodies(drawing: Drawing, unit: float) -> None:
        wide, tall = view.width * 2, view.height * 2
        for x0, y0, x1, y1, style in boxes:
            drawing.rectangle((x0 * wide, y0 * tall, x1 * wide, y1 * tall + 2), fill=255)
            middle, span = (x0 + x1) / 2, x1 - x0
            if style > 0.62:
                step = span * 0.22
                drawing.rectangle(
                    ((x0 + step) * wide, (y0 - span * 0.5) * tall, (x1 - step) * wide, y0 * tall), fill=255
                )
            if style > 0.8:
                drawing.line((middle * wide, (y0 - span * 1.7) * tall, middle * wide, y0 * tall), fill=255,
                             width=max(1, round(unit * 0.003)))  # fmt: skip
            elif style < 0.12:
                drawing.polygon(
                    [(x0 * wide, y0 * tall), (x1 * wide, y0 * tall), (x1 * wide, (y0 - span * 0.7) * tall)], fill=255
                )

    def windows(drawing: Drawing, unit: float) -> None:
        own = rng_for(seed, key, "windows", row)
        wide, tall = view.width * 2, view.height * 2
        for x0, y0, x1, y1, style in boxes:
            pitch_x, pitch_y = 0.0068 * (1 + 0.25 * row), 0.0105 * (1 + 0.25 * row)
            columns, rows = int((x1 - x0) / pitch_x) - 1, int((y1 - y0) / pitch_y) - 1
            share = 0.16 + 0.5 * style
            for r in range(rows):
                for c in range(columns):
                    if own.random() < share:
                        wx, wy = x0 + pitch_x * (c + 0.75), y0 + pitch_y * (r + 0.7)
                        box = (wx * wide, wy * tall, (wx + pitch_x * 0.5) * wide, (wy + pitch_y * 0.52) * tall)
                        drawing.rectangle(box, fill=int(own.integers(90, 256)))

    return view.mask(bodies), view.mask(windows)


def silhouette(
    view: View, palette: Palette, mask: Floats, color: Floats, sun: tuple[float, float], rim: float, soft: float = 0.0
) -> None:
    """Paint a mask as a dark shape whose edge toward the sun catches the light."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return
    start, stop = int(rows[0]), int(rows[-1]) + 1
    mask = mask[start:stop]
    step = max(1, round(view.unit / 300))
    toward = -step if sun[0] < 0 else step
    lit = np.clip(mask - np.roll(np.roll(mask, -toward, axis=1), step, axis=0), 0, 1)
    tone = color + lit[..., None] * (palette.glow * np.float32(rim))
    if soft:
        tone = tone + (palette.haze - tone) * np.float32(soft)
    view.over(start, stop, np.asarray(tone, dtype=np.float32), mask)


def near_color(palette: Palette, winter: bool, amount: float = 0.5) -> Floats:
    """Colour of a dark shape close to the viewer."""
    base = palette.wood * palette.shade * np.float32(amount)
    return mix(base, palette.sky[0] * np.float32(0.3), 0.35) if not winter else mix(base, palette.shade * 0.5, 0.4)
