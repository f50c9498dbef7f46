"""From a rendering to a painting: brush dabs, sampler styles, grading and the final pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .noise import Fields, Floats, sample, smoothstep
from .view import blur, enlarge


@dataclass(frozen=True)
class Hand:
    """How a sampler holds the brush: length and slimness of its dabs, how far they cover, and how crisp it ends."""

    size: float
    slim: float
    cover: float
    crisp: float
    grain: float
    flow: float
    keep: float
    """How much of the passes before shows through."""


HANDS: dict[str, Hand] = {
    "euler": Hand(size=0.008, slim=2.4, cover=0.4, crisp=0.0, grain=0.006, flow=0.6, keep=1.0),
    "ddim": Hand(size=0.0115, slim=3.2, cover=0.9, crisp=0.25, grain=0.004, flow=1.6, keep=0.45),
    "dpm++": Hand(size=0.006, slim=1.2, cover=0.2, crisp=0.75, grain=0.009, flow=0.2, keep=1.0),
}


def dab(image: Floats, fields: Fields, size: float, hand: Hand, turn: tuple[float, float]) -> Floats:
    """Repaint a picture with strokes: every stroke takes the colour under its middle.

    Strokes are the bricks of a wall that noise has bent, so they cover the canvas without gaps and follow a flow.
    """
    height, width = image.shape[:2]
    unit = float((width * height) ** 0.5)
    long, wide = max(size * unit * hand.slim**0.5, 1.0), max(size * unit / hand.slim**0.5, 1.0)
    if wide <= 1.0 and long <= 1.5:
        return image
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    small_y, small_x = np.mgrid[0 : height + 8 : 8, 0 : width + 8 : 8].astype(np.float32)
    bend_small = sample(
        fields.smooth, small_x / np.float32(unit * 2.3) + turn[0], small_y / np.float32(unit * 2.3) + turn[1]
    )
    twist_small = sample(
        fields.cloud, small_x / np.float32(unit * 0.9) + turn[1], small_y / np.float32(unit * 0.9) + turn[0]
    )
    both = enlarge(np.stack([bend_small, twist_small, twist_small], -1), small_x.shape[1] * 8, small_x.shape[0] * 8)
    bend, twist = both[:height, :width, 0], both[:height, :width, 1]
    across = (
        y
        + bend * np.float32(hand.flow * unit * 0.035)
        + twist * np.float32(wide * 0.9)
        + np.float32(turn[1] * wide * 7)
    )
    row = np.floor(across / np.float32(wide))
    along = x + twist * np.float32(long * 0.3) + row * np.float32(long * 0.381966) + np.float32(turn[0] * long * 7)
    shift_y = (row + np.float32(0.5)) * np.float32(wide) - across
    shift_x = (np.floor(along / np.float32(long)) + np.float32(0.5)) * np.float32(long) - along
    source_y = np.clip(y + shift_y, 0, height - 1).astype(np.int32)
    source_x = np.clip(x + shift_x, 0, width - 1).astype(np.int32)
    return np.asarray(image.reshape(-1, 3)[source_y * width + source_x], dtype=np.float32)


def sharpen(image: Floats, amount: float) -> Floats:
    """Lift the fine structure."""
    if amount <= 0:
        return image
    return np.asarray(image + (image - blur(image, 3)) * np.float32(amount), dtype=np.float32)


def grade(image: Floats, follow: float, style: str, fields: Fields) -> Floats:
    """Set saturation and contrast, and the look of the paper for the styles that have one."""
    saturation = float(np.clip(0.42 + 0.62 * follow, 0.4, 1.5))
    contrast = float(np.clip(0.66 + 0.38 * follow, 0.6, 1.32))
    if style == "pastel":
        saturation, contrast = saturation * 0.82, contrast * 0.84
    elif style == "vivid":
        saturation *= 1.3
    luma = _luma(image)
    out: Floats = luma + (image - luma) * np.float32(saturation)
    out = np.float32(0.46) + (out - np.float32(0.46)) * np.float32(contrast)
    # A soft shoulder and toe instead of hard clipping.
    out = np.where(out > 0.82, 0.82 + 0.18 * np.tanh((out - 0.82) / 0.2), out)
    out = np.where(out < 0.07, 0.07 * np.exp(np.clip((out - 0.07) / 0.07, -8, 0)), out)
    out = out.astype(np.float32)
    if style == "sepia":
        tone = np.array([1.06, 0.9, 0.68], dtype=np.float32)
        out = out * np.float32(0.15) + _luma(out) * tone * np.float32(0.85)
    elif style == "ink":
        level = smoothstep(0.04, 0.88, _luma(out))
        paper = np.array([0.965, 0.95, 0.92], dtype=np.float32)
        ink = np.array([0.06, 0.065, 0.08], dtype=np.float32)
        out = ink + (paper - ink) * level
    elif style == "watercolor":
        out = _watercolor(out, fields)
    return np.asarray(out, dtype=np.float32)


def _luma(image: Floats) -> Floats:
    """Brightness, HxWx1."""
    return np.asarray(
        (image[..., 0] * np.float32(0.3) + image[..., 1] * np.float32(0.59) + image[..., 2] * np.float32(0.11))[
            ..., None
        ],
        dtype=np.float32,
    )


def _watercolor(image: Floats, fields: Fields) -> Floats:
    """Thin washes on white paper, darker where they dried, with a ragged edge."""
    height, width = image.shape[:2]
    unit = np.float32((width * height) ** 0.5)
    x = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :] / unit, (height, width))
    y = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None] / unit, (height, width))
    grain = sample(fields.cloud, x * np.float32(2.1), y * np.float32(2.1))
    bloom = sample(fields.smooth, x * np.float32(0.9), y * np.float32(0.9))
    edge = np.minimum(np.minimum(x, x[:, ::-1]), np.minimum(y, y[::-1]))
    cover = smoothstep(0.025, 0.05, edge + np.float32(0.012) * grain)
    paper = np.array([0.985, 0.975, 0.955], dtype=np.float32)
    wash = np.clip(0.74 + 0.1 * bloom + 0.06 * grain, 0.4, 1)[..., None]
    ring = (cover * (1 - cover) * np.float32(0.5))[..., None]
    painted = paper - (paper - image) * wash
    out = paper + (painted - paper) * cover[..., None]
    return np.asarray(out - ring * (1 - image) * np.float32(0.6), dtype=np.float32)
