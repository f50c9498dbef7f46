"""Everything above the horizon: gradient, sun or moon, stars, aurora and clouds."""

from __future__ import annotations

import numpy as np

from .noise import Floats, line, rng_for, sample, smoothstep
from .palettes import Palette
from .view import View


def paint_gradient(view: View, palette: Palette, horizon: float) -> None:
    """Fill the canvas with the sky, zenith to horizon, bent a little so that it is never a ruler's work."""
    wave = 0.02 * sample(
        view.fields.smooth, np.broadcast_to(view.x * 0.3, (view.height, view.width)), view.y[:, None] * np.float32(0.4)
    )
    t = np.clip(view.y[:, None] / np.float32(horizon) + wave, 0, 1)
    knots = np.array([0.0, 0.42, 0.78, 1.0], dtype=np.float32)
    smooth = np.linspace(0, 1, 512, dtype=np.float32)
    table = np.stack([np.interp(smooth, knots, palette.sky[:, c]) for c in range(3)], axis=-1)
    kernel = np.ones(81) / 81
    padded = np.pad(table, ((40, 40), (0, 0)), mode="edge")
    table = np.stack([np.convolve(padded[:, c], kernel, mode="valid") for c in range(3)], axis=-1).astype(np.float32)
    view.canvas[:] = table[(t * np.float32(511)).astype(np.int32)]


def sun_distance(view: View, sun: tuple[float, float]) -> Floats:
    """Distance of every pixel from the sun, in units."""
    dx = view.x - np.float32(sun[0])
    dy = (view.y - np.float32(sun[1])) * np.float32(view.tall)
    return np.asarray(np.sqrt(dx[None, :] ** 2 + dy[:, None] ** 2), dtype=np.float32)


def paint_sun(
    view: View, palette: Palette, sun: tuple[float, float], radius: float, strength: float, phase: float | None
) -> None:
    """Put the sun there with its glow; with a ``phase`` it is a moon, 0 new to 1 full."""
    distance = sun_distance(view, sun)
    wide = np.exp(distance * np.float32(-3.2)) * np.float32(0.36 * strength)
    near = np.exp(distance * np.float32(-13)) * np.float32(0.42 * strength)
    view.canvas += wide[..., None] * (palette.glow * (1.05 - view.canvas * np.float32(0.8)))
    view.canvas += near[..., None] * (mix_up(palette) - view.canvas * np.float32(0.5))
    np.minimum(view.canvas, np.float32(1.02), out=view.canvas)
    edge = np.float32(max(1.5 / view.unit, 0.0012))
    disc = np.clip((np.float32(radius) - distance) / edge + np.float32(0.5), 0, 1)
    color: Floats = palette.sun * np.float32(1.1)
    if phase is not None:
        dx = (view.x - np.float32(sun[0])) / np.float32(radius)
        dy = (view.y - np.float32(sun[1])) * np.float32(view.tall / radius)
        shadow = np.hypot(dx[None, :] - np.float32(0.25 + 1.6 * phase), dy[:, None] + np.float32(0.35))
        disc = disc * smoothstep(0.96, 1.1, shadow) if phase < 0.9 else disc
        spots = sample(
            view.fields.cloud,
            np.broadcast_to(dx[None, :] * np.float32(0.11), distance.shape),
            np.broadcast_to(dy[:, None] * np.float32(0.11), distance.shape),
        )
        color = palette.sun * (1 - np.float32(0.1) * np.clip(spots, 0, 1.6))[..., None]
    view.over(0, view.height, color, disc * np.float32(min(1.0, 0.35 + 0.65 * strength)))


def mix_up(palette: Palette) -> Floats:
    """Colour of the glow close to the sun."""
    return np.asarray((palette.glow + palette.sun) * np.float32(0.5), dtype=np.float32)


def paint_stars(view: View, seed: int, key: int, horizon: float, amount: float) -> None:
    """Scatter stars, most of them faint, along a pale band."""
    rng = rng_for(seed, key, "stars")
    count = int(1100 * amount)
    px = rng.random(count)
    py = rng.random(count) ** 1.25 * horizon
    magnitude = np.minimum(rng.pareto(2.2, count) * 0.2 + 0.1, 1.0) * (1 - 0.85 * py / horizon)
    warm = rng.normal(0, 1, count)
    tilt, middle = float(rng.uniform(-0.7, 0.7)), float(rng.uniform(-0.2, 0.2))
    x, y = np.broadcast_arrays(view.x[None, :], view.y[:, None] * np.float32(view.tall))
    across = x - np.float32(middle) - (y - np.float32(0.25)) * np.float32(tilt)
    dust = sample(view.fields.cloud, x * np.float32(0.8), y * np.float32(0.8))
    band = np.exp(-((across + dust * np.float32(0.05)) ** 2) * np.float32(28)) * (np.float32(0.6) + 0.4 * dust)
    fade = np.clip(1 - view.y / np.float32(horizon), 0, 1)[:, None]
    band = np.clip(band, 0, 1) * fade * np.float32(0.2 * amount)
    view.canvas += band[..., None] * np.array([0.62, 0.66, 0.95], dtype=np.float32)
    gain = min(1.0, view.unit / 420)
    fx, fy = px * (view.width - 2), py * (view.height - 2)
    ix, iy = fx.astype(int), fy.astype(int)
    wx, wy = fx - ix, fy - iy
    tone = np.stack([1 + 0.1 * warm, np.ones(count), 1 - 0.1 * warm], axis=-1)
    light = (magnitude * gain * 1.9)[:, None] * tone
    for oy, weight_y in ((0, 1 - wy), (1, wy)):
        for ox, weight_x in ((0, 1 - wx), (1, wx)):
            np.add.at(view.canvas, (iy + oy, ix + ox), (light * (weight_x * weight_y)[:, None]).astype(np.float32))


def paint_aurora(view: View, seed: int, key: int, horizon: float, strength: float) -> None:
    """Hang two or three curtains of light into the sky."""
    rng = rng_for(seed, key, "aurora")
    rows = int(horizon * view.height)
    y = view.y[:rows, None]
    for index in range(3):
        base = horizon * (0.72 - 0.17 * index) + 0.06 * line(rng, view.x, 1.6, 3) + 0.1 * view.x
        rays = 0.55 + 0.45 * line(rng, view.x + base * 0.6, 16, 3)
        patches = np.clip(0.6 + 0.7 * line(rng, view.x, 1.3, 2), 0, 1.3)
        length = np.float32(0.2 + 0.06 * index) * (0.6 + 0.5 * rays)
        up = (base[None, :] - y) / length[None, :]
        glow = np.exp(-np.maximum(up, 0) * 2.6) * smoothstep(-0.12, 0.05, up)
        glow *= (np.clip(rays, 0, 1.2) * patches)[None, :] * np.float32(strength * (1.05 - 0.2 * index))
        mixing = np.clip(up * np.float32(0.9), 0, 1)[..., None]
        low = np.array([0.16, 0.95, 0.55], dtype=np.float32)
        high = np.array([0.5, 0.2, 0.85], dtype=np.float32)
        part = view.canvas[:rows]
        part += glow[..., None] * (low + (high - low) * mixing) * (1.1 - part * np.float32(0.6))


def paint_clouds(
    view: View, palette: Palette, seed: int, key: int, horizon: float, sun: tuple[float, float], amount: float,
    dark: float,
) -> None:  # fmt: skip
    """Paint domain-warped clouds in perspective, lit from the sun's side."""
    rng = rng_for(seed, key, "clouds")
    rows = max(2, int(horizon * view.height))
    y = view.y[:rows, None]
    depth = np.float32(1) / (np.float32(horizon + 0.09) - y + np.float32(0.02))
    stretch = float(rng.uniform(0.75, 1.25))
    u = view.x[None, :] * depth * np.float32(0.11 * stretch) + np.float32(rng.random())
    v = depth * np.float32(0.1) + np.float32(rng.random()) + np.zeros_like(u)
    smooth, cloud = view.fields.smooth, view.fields.cloud
    bend = sample(smooth, u * np.float32(1.3), v * np.float32(1.7))
    u = u + np.float32(0.028) * bend
    v = v + np.float32(0.02) * bend
    density = sample(cloud, u, v)
    if view.detail > 0.2:
        fine = np.float32(0.3 * min(1.0, view.detail * 1.4))
        density += fine * sample(cloud, u * np.float32(4.3) + 0.1 * bend, v * np.float32(4.3))
        density += np.float32(0.5) * fine * np.abs(sample(cloud, u * np.float32(9.1), v * np.float32(9.1)))
    toward = np.float32(sun[0]) - view.x[None, :]
    away = density - sample(cloud, u + np.float32(0.02) * np.tanh(toward * 5), v - np.float32(0.018))
    low = 1.15 - 2.1 * amount
    cover = smoothstep(low, low + 1.25, density)
    thin = np.clip((y / np.float32(horizon)) * 5, 0.35, 1) * np.clip((np.float32(horizon) - y) * 14, 0, 1)
    cover *= thin * np.float32(0.92)
    lit = np.clip(0.5 + 0.5 * away - 0.22 * (cover - 0.5), 0, 1)
    near = np.exp(-sun_distance(view, sun)[:rows] * np.float32(2.4))
    lit = np.clip(lit + 0.3 * near * (1 - cover), 0, 1)[..., None]
    top = np.clip(palette.sky[3] * np.float32(0.45) + palette.glow * 0.3 + palette.light * np.float32(0.24), 0, 1.04)
    under = palette.sky[1] * np.float32(0.66) + palette.haze * np.float32(0.2)
    top, under = top * np.float32(1 - 0.4 * dark), under * np.float32(1 - 0.5 * dark)
    color = under + (top - under) * lit
    color += (near * np.float32(0.28 * (1 - dark)))[..., None] * palette.glow
    view.over(0, rows, np.asarray(color, dtype=np.float32), cover)
