"""Light and colour: what each time of day, place and season looks like, and how a wish becomes one palette."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from .noise import Floats, rng_for
from .words import Wish


def hex_color(text: str) -> Floats:
    """Turn ``#rrggbb`` into three numbers in 0..1."""
    return np.array([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)], dtype=np.float32)


def mix(a: Floats, b: Floats, amount: float) -> Floats:
    """Blend two colours."""
    return np.asarray(a + (b - a) * np.float32(amount), dtype=np.float32)


def gray(color: Floats) -> float:
    """Luma of a colour."""
    return float(color @ np.array([0.3, 0.59, 0.11], dtype=np.float32))


@dataclass(frozen=True)
class Light:
    """One time of day: sky from zenith to horizon, haze, light and shade as multipliers, and the sun."""

    sky: tuple[str, str, str, str]
    haze: str
    light: tuple[float, float, float]
    shade: tuple[float, float, float]
    sun: str
    glow: str
    altitude: tuple[float, float]
    """Height of the sun above the horizon as parts of the sky, lowest and highest."""
    radius: float = 0.03
    stars: float = 0.0
    moon: bool = False


LIGHTS: dict[str, Light] = {
    "dawn": Light(("#5670a8", "#a596bf", "#f0b2a8", "#ffdfae"), "#f3c4b2", (1.05, 0.84, 0.76), (0.42, 0.4, 0.56),
                  "#fff6dc", "#ffc58a", (0.07, 0.24), 0.034),
    "morning": Light(("#5f94cc", "#97bfe2", "#d3e5ec", "#fdf1d8"), "#d9e4e6", (1.08, 1.0, 0.88), (0.44, 0.52, 0.64),
                     "#fffbe8", "#ffe9b8", (0.25, 0.5), 0.03),
    "day": Light(("#2c72bd", "#5d9fd8", "#a5cfea", "#e6f2f0"), "#c6dde9", (1.1, 1.06, 0.98), (0.42, 0.52, 0.62),
                 "#fffdf2", "#fff3cc", (0.55, 0.8), 0.026),
    "golden": Light(("#56689a", "#b09aa0", "#f2b673", "#ffe3a6"), "#f2bd86", (1.12, 0.84, 0.56), (0.4, 0.34, 0.44),
                    "#fff3c8", "#ffbe62", (0.14, 0.34), 0.036),
    "sunset": Light(("#343068", "#8a4a86", "#ea6f61", "#ffc069"), "#e2836f", (1.05, 0.62, 0.46), (0.32, 0.24, 0.42),
                    "#ffe9a8", "#ff8d4a", (0.04, 0.17), 0.042),
    "dusk": Light(("#16224f", "#3d4785", "#8a72ac", "#e8a692"), "#8378a8", (0.6, 0.5, 0.66), (0.22, 0.22, 0.42),
                  "#fff0dc", "#e8a0a0", (0.2, 0.5), 0.026, 0.35, True),
    "night": Light(("#060c22", "#0e1c42", "#1d3563", "#3c5f88"), "#2a4872", (0.36, 0.46, 0.68), (0.1, 0.14, 0.28),
                   "#f6f3e4", "#7fa3d8", (0.4, 0.75), 0.032, 1.0, True),
}  # fmt: skip

SEASON_LAND: dict[str, tuple[str, str, str]] = {
    # wood, meadow, accent (flowers, leaves)
    "spring": ("#51794b", "#86ab58", "#f4b6cb"),
    "summer": ("#35603f", "#789a48", "#f0c64a"),
    "autumn": ("#9c5426", "#b98a3f", "#d9622b"),
    "winter": ("#55697a", "#dde6ee", "#ffffff"),
}
BLOOMS: dict[str, str] = {
    "poppy": "#e2432e", "sunflower": "#f6c531", "cherry": "#f6a9c4", "sakura": "#f6a9c4", "rose": "#e06080",
    "tulip": "#ee5a6a", "bluebell": "#6f7fe0", "daisy": "#fbf6e6", "heather": "#a86fb5", "cornflower": "#5a74e0",
}  # fmt: skip


@dataclass
class Palette:
    """Every colour of one picture."""

    sky: Floats
    haze: Floats
    light: Floats
    shade: Floats
    sun: Floats
    glow: Floats
    rock: Floats
    wood: Floats
    meadow: Floats
    sand: Floats
    accent: Floats
    snow: Floats


def _rotate(color: Floats, turn: float, saturation: float = 1.0) -> Floats:
    """Turn the hue of a colour by a part of the circle."""
    h, s, v = colorsys.rgb_to_hsv(*(float(np.clip(c, 0, 1)) for c in color))
    return np.array(colorsys.hsv_to_rgb((h + turn) % 1, min(1.0, s * saturation), v), dtype=np.float32)


def make_palette(wish: Wish, time: str, place: str, season: str, seed: int, follow: float) -> Palette:
    """Mix the colours of a picture; ``follow`` (about 0..1.8) is how strongly the wish shows."""
    rng = rng_for(seed, wish.key, "palette")
    light = LIGHTS[time]
    pull = float(np.clip(follow, 0.25, 1.25))
    turn = float(rng.normal(0, 0.012)) + (float(rng_for(wish.key, "hue").uniform(-0.05, 0.05)) if wish.key else 0.0)
    sky = np.stack([_rotate(hex_color(c), turn) for c in light.sky])
    haze = _rotate(hex_color(light.haze), turn)
    glow = hex_color(light.glow)
    wood, meadow, accent = (hex_color(c) for c in SEASON_LAND[season])
    accent = next((hex_color(color) for flower, color in BLOOMS.items() if flower in wish.words), accent)
    lit = np.array(light.light, dtype=np.float32)
    shade = np.array(light.shade, dtype=np.float32)
    rock = mix(hex_color("#5d6474"), hex_color("#7a6058"), float(rng.uniform(0, 0.7)))
    sand = mix(hex_color("#e2ad6c"), hex_color("#cf8a55"), float(rng.uniform(0, 1)))
    sun = hex_color(light.sun)
    if place == "canyon":
        rock, sand = mix(hex_color("#b8623c"), hex_color("#c98055"), float(rng.uniform(0, 1))), hex_color("#c9855a")
    if place == "desert":
        haze = mix(haze, hex_color("#e8b98a") * (0.35 + 0.65 * gray(haze)), 0.3)
    if place == "ocean":
        meadow, wood = mix(meadow, sand, 0.4), mix(wood, rock, 0.3)
    weather = wish.weather
    if "storm" in weather or "rain" in weather:
        amount = 0.75 * pull
        level = 0.42 if time == "night" else 0.8
        gloom = np.stack([hex_color(c) for c in ("#2b3642", "#4d5c68", "#8f9ca0", "#d8d8c8")]) * np.float32(level)
        sky = mix(sky, gloom, min(amount, 0.85))
        haze = mix(haze, hex_color("#8c989c") * np.float32(level), min(amount, 0.8))
        lit, shade = lit * np.float32(0.72), shade * np.float32(0.85)
        glow = mix(glow, haze, 0.6)
    if "mist" in weather:
        level = gray(haze)
        haze = mix(haze, np.full(3, level * 1.04, dtype=np.float32), 0.3 * pull)
        sky = mix(sky, np.broadcast_to(haze, sky.shape), 0.32 * pull)
    if season == "winter":
        cold = hex_color("#c3d6ea") * np.float32(0.35 + 0.65 * gray(haze))
        haze = mix(haze, cold, 0.35 * pull)
        sky = mix(sky, sky * hex_color("#d8e6f6"), 0.5 * pull)
    if wish.style == "neon":
        synth = np.stack([hex_color(c) for c in ("#0d0a2b", "#2a1258", "#7a1f86", "#f0468f")])
        sky = mix(sky, synth, min(0.85 * pull, 0.92))
        haze = mix(haze, hex_color("#7d2a8f"), min(0.8 * pull, 0.9))
        glow = mix(glow, hex_color("#ff4fa0"), 0.7)
        sun = hex_color("#ff9a7a")
        lit = mix(lit, np.array([0.75, 0.35, 0.85], dtype=np.float32), 0.7)
        shade = mix(shade, np.array([0.14, 0.1, 0.34], dtype=np.float32), 0.7)
        accent = hex_color("#35e0e6")
    for tint in wish.tints:
        color = hex_color(tint)
        hue, saturation, _ = colorsys.rgb_to_hsv(*map(float, color))

        def dye(base: Floats, amount: float, hue: float = hue, saturation: float = saturation) -> Floats:
            level = gray(base)
            pure = np.array(colorsys.hsv_to_rgb(hue, saturation, 1.0), dtype=np.float32)
            pure = np.clip(pure * np.float32(level / max(gray(pure), 0.05)), 0, 1)
            return mix(base, mix(pure, np.full(3, level, dtype=np.float32), 0.12), min(amount * pull, 0.9))

        sky = np.stack([dye(c, 0.42) for c in sky])
        haze, wood, meadow = dye(haze, 0.48), dye(wood, 0.45), dye(meadow, 0.82)
        rock, sand, glow, accent = dye(rock, 0.4), dye(sand, 0.3), dye(glow, 0.35), color
    if wish.style == "pastel":
        paper = hex_color("#fbeef0")
        sky, haze = mix(sky, np.broadcast_to(paper, sky.shape), 0.34 * pull), mix(haze, paper, 0.4 * pull)
        shade = mix(shade, np.array([0.72, 0.66, 0.8], dtype=np.float32), 0.5 * pull)
    return Palette(
        sky=sky, haze=haze, light=lit, shade=shade, sun=sun, glow=glow, rock=rock, wood=wood, meadow=meadow, sand=sand,
        accent=accent, snow=hex_color("#eef3fa"),
    )  # fmt: skip
