"""The composition of one landscape and its rendering at any size and level of detail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from PIL import ImageDraw

from .land import Layer, paint_field, paint_layer, paint_mist
from .near import (
    birds_mask,
    city_masks,
    flowers_mask,
    near_color,
    pines_mask,
    reeds_mask,
    silhouette,
    tree_masks,
)
from .noise import Fields, Floats, rng_for
from .palettes import LIGHTS, make_palette
from .sky import paint_aurora, paint_clouds, paint_gradient, paint_stars, paint_sun
from .view import View, blur
from .water import paint_water
from .words import Wish

Stamp = TypeVar("Stamp")

LAKE, MEADOW, SEA, LAND = "lake", "meadow", "sea", "land"


class Scene:
    """What a landscape shows; drawn once from wish and seed, rendered as often as needed.

    Parameters
    ----------
    wish : Wish
        What the prompt asks for.
    seed : int
        Chooses the composition and everything that the wish leaves open.
    follow : float
        How strongly the wish shows, 1 for the default guidance.
    check : callable
        Called between layers; may raise to stop a rendering.
    """

    def __init__(self, wish: Wish, seed: int, follow: float, check: Callable[[], None]) -> None:
        self.check = check
        self.wish, self.seed, self.key = wish, seed, wish.key
        rng = rng_for(seed, self.key, "scene")
        draws: list[float] = rng.random(16).tolist()
        cold = wish.season == "winter"
        neon = wish.style == "neon"
        times = ("golden", "dawn", "sunset", "morning", "dusk", "day", "golden", "dawn")
        self.time = wish.time or times[int(draws[0] * len(times))]
        if not wish.time:
            if cold:
                self.time = ("morning", "dawn", "dusk", "morning")[int(draws[0] * 4)]
            if "aurora" in wish.weather:
                self.time = "night"
            elif wish.style == "ink":
                self.time = "morning" if draws[0] < 0.5 else "dawn"
            elif neon or (wish.place == "city" and draws[0] < 0.6):
                self.time = "night" if draws[0] < 0.3 else "dusk"
            elif "storm" in wish.weather or "rain" in wish.weather:
                self.time = "morning" if draws[0] < 0.85 else "dusk"
        places = ("mountains", "ocean", "mountains", "meadow", "forest", "mountains", "desert", "mountains")
        self.place = wish.place or places[int(draws[1] * len(places))]
        seasons = ("summer", "summer", "spring", "autumn", "summer")
        self.season = wish.season or seasons[int(draws[2] * len(seasons))]
        self.light = LIGHTS[self.time]
        self.palette = make_palette(wish, self.time, self.place, self.season, seed, follow)
        self.fields = Fields(seed, self.key)
        self.storm = "storm" in wish.weather or "rain" in wish.weather
        self.winter = cold
        self.neon = neon
        if self.place == "ocean":
            self.ground, self.horizon = SEA, 0.5 + 0.1 * draws[3]
        elif self.place == "city":
            self.ground, self.horizon = LAKE, 0.66 + 0.07 * draws[3]
        elif self.place in ("desert", "canyon"):
            self.ground, self.horizon = LAND, 0.54 + 0.08 * draws[3]
        elif wish.water or (self.place in ("mountains", "forest") and draws[4] < 0.62):
            self.ground, self.horizon = LAKE, 0.64 + 0.08 * draws[3]
        else:
            self.ground, self.horizon = MEADOW, 0.66 + 0.08 * draws[3]
        side = -1.0 if draws[5] < 0.5 else 1.0
        self.side = side
        low, high = self.light.altitude
        altitude = low + (high - low) * draws[6]
        self.sun_place = (-side * (0.1 + 0.24 * draws[7]), altitude)
        clouds = 0.3 + 0.42 * draws[8]
        if "clear" in wish.weather:
            clouds = 0.06
        elif self.storm:
            clouds = 0.86
        elif "cloud" in wish.weather:
            clouds = 0.72
        elif "aurora" in wish.weather or self.time == "night":
            clouds *= 0.55
        self.clouds = clouds
        self.haze = 0.25 + 0.35 * draws[9] + (0.75 if "mist" in wish.weather else 0.0) + (0.2 if self.storm else 0.0)
        self.layers = self._compose(draws)
        self.draws = draws
        self._stamps: dict[tuple[str, int, int], Any] = {}

    def _compose(self, draws: list[float]) -> list[Layer]:
        """Choose the layers of land, far to near."""
        h, lean = self.horizon, self.side * 0.55
        snow = 0.0
        if self.winter or "snow" in self.wish.weather:
            snow = 1.0
        elif self.season in ("spring", "summer", "autumn") and draws[10] < 0.75:
            snow = 0.42 + 0.3 * draws[10]
        f = 0.85 + 0.5 * float(draws[11])
        tall = 0.85 + 0.45 * float(draws[12])
        if self.place == "mountains":
            layers = [
                Layer("peaks", h - 0.02, 0.36 * tall, 0.76, "far", snow * 0.9, f * 0.9, -lean),
                Layer("peaks", h - 0.005, 0.25 * tall, 0.5, "middle", snow * 0.72, f * 1.25, lean),
                Layer("wood", h, 0.1, 0.42, "wood-far", 0.0, 1.3, lean),
                Layer("wood", h + 0.012, 0.062, 0.2, "wood-near", 0.0, 1.7, -lean * 2),
            ]
        elif self.place == "forest":
            layers = [
                Layer("peaks", h - 0.05, 0.16 * tall, 0.9, "far", snow * 0.5, f, -lean),
                Layer("wood", h - 0.06, 0.16, 0.72, "wood-0", 0.0, 1.0, lean),
                Layer("wood", h - 0.03, 0.14, 0.52, "wood-1", 0.0, 1.3, -lean),
                Layer("wood", h, 0.12, 0.32, "wood-2", 0.0, 1.5, lean),
                Layer("wood", h + 0.02, 0.09, 0.14, "wood-3", 0.0, 1.8, -lean * 2),
            ]
        elif self.place == "desert":
            far = Layer("mesas" if draws[13] < 0.4 else "peaks", h + 0.005, 0.1 * tall, 0.88, "far", 0.0, f)
            layers = [
                far,
                Layer("dunes", h + 0.05, 0.09, 0.62, "dune-0", 0.0, f * 1.5, lean),
                Layer("dunes", h + 0.15, 0.15, 0.38, "dune-1", 0.0, f * 1.1, -lean),
                Layer("dunes", h + 0.31, 0.2, 0.18, "dune-2", 0.0, f * 0.9, lean),
                Layer("dunes", h + 0.52, 0.26, 0.04, "dune-3", 0.0, f * 0.7, -lean * 1.5),
            ]
        elif self.place == "canyon":
            layers = [
                Layer("mesas", h, 0.15 * tall, 0.82, "mesa-0", 0.0, f, lean),
                Layer("mesas", h + 0.05, 0.22 * tall, 0.56, "mesa-1", 0.0, f * 0.8, -lean),
                Layer("mesas", h + 0.12, 0.27 * tall, 0.26, "mesa-2", 0.0, f * 0.62, lean * 1.6),
                Layer("dunes", h + 0.3, 0.12, 0.14, "sand-0", 0.0, f, -lean),
                Layer("dunes", h + 0.5, 0.2, 0.03, "sand-1", 0.0, f * 0.8, lean),
            ]
        elif self.place == "ocean":
            layers = [Layer("peaks", h, 0.1 * tall, 0.86, "far", snow * 0.3, f, -lean * 2.4)] if draws[13] < 0.7 else []
            if draws[14] < 0.6:
                layers.append(Layer("peaks", h, 0.15 * tall, 0.55, "cape", 0.0, f * 0.8, self.side * 2.4))
        elif self.place == "city":
            layers = [Layer("hills", h, 0.1, 0.85, "far", 0.0, f, lean)]
        else:
            layers = [
                Layer("peaks", h - 0.06, 0.17 * tall, 0.88, "far", snow * 0.7, f, -lean),
                Layer("hills", h - 0.04, 0.12, 0.66, "hill-0", 0.0, f, lean),
                Layer("wood", h - 0.015, 0.075, 0.5, "wood-0", 0.0, 1.2, -lean),
                Layer("hills", h + 0.01, 0.08, 0.34, "hill-1", 0.0, f * 1.2, lean),
            ]
        if self.winter:
            layers = [replace(x, snow=1.5) if x.kind in ("hills", "dunes") else x for x in layers]
        return layers

    def _stamp(self, name: str, view: View, make: Callable[[], Stamp]) -> Stamp:
        """Keep what does not change from pass to pass of one size: the masks of drawn shapes."""
        where = (name, view.width, view.height)
        if where not in self._stamps:
            self._stamps[where] = make()
        stamp: Stamp = self._stamps[where]
        return stamp

    def render(self, width: int, height: int, detail: float, jitter: tuple[float, float] = (0.0, 0.0)) -> Floats:
        """Paint one pass: an HxWx3 array, about 0..1."""
        view = View(width, height, detail, self.fields, jitter)
        palette, seed, key = self.palette, self.seed, self.key
        sun = (self.sun_place[0] * 2 * view.extent * 0.9, self.horizon * (1 - self.sun_place[1] * 0.9))
        paint_gradient(view, palette, self.horizon)
        stars = self.light.stars + (0.3 if self.neon else 0.0)
        if stars > 0 and not self.storm:
            paint_stars(view, seed, key, self.horizon, min(stars, 1.0))
        if "aurora" in self.wish.weather:
            paint_aurora(view, seed, key, self.horizon, 1.0)
        strength = 0.35 if self.storm else 0.62 if self.light.moon else 0.7 if self.time in ("day", "morning") else 1.0
        if "mist" in self.wish.weather:
            strength *= 0.75
        phase = (0.55 + 0.45 * float(self.draws[15])) if self.light.moon else None
        radius = self.light.radius * (2.6 if self.neon else 1.0)
        if not (self.storm and self.time != "night"):
            paint_sun(view, palette, sun, radius, strength, None if self.neon else phase)
        dark = 0.7 if self.storm else 0.55 if self.light.moon else 0.0
        paint_clouds(view, palette, seed, key, self.horizon, sun, self.clouds, dark)
        bottom = self.horizon + 0.03 if self.ground in (LAKE, SEA) else 1.0
        for index, layer in enumerate(self.layers):
            self.check()
            paint_layer(view, palette, layer, seed, key, sun, bottom, self.haze)
            if "mist" in self.wish.weather and index >= len(self.layers) - 3:
                paint_mist(view, palette, seed, key, layer.base - layer.height * 0.2, 0.6, layer.name)
        if self.place == "city":
            self._city(view, sun)
        if self.ground in (LAKE, SEA):
            chop = 0.75 if self.ground == SEA else 0.06 + 0.1 * float(self.draws[13])
            chop = min(1.0, chop + (0.2 if self.storm else 0.0))
            glitter = 0.0 if self.storm else (0.8 if self.light.moon else 1.0) * (1.0 if self.ground == SEA else 0.45)
            paint_water(view, palette, seed, key, self.horizon, sun, chop, glitter)
        elif self.ground == MEADOW:
            paint_field(view, palette, seed, key, self.horizon - 0.015, sun, self.winter)
            fold = self.horizon + 0.09 + 0.06 * float(self.draws[14])
            paint_field(view, palette, seed, key, fold, sun, self.winter, "fold", 0.045)
        if "mist" in self.wish.weather:
            paint_mist(view, palette, seed, key, self.horizon + 0.02, 0.6, "low")
        self.check()
        self._foreground(view, sun)
        self._weather(view)
        self.check()
        return self._finish(view)

    def _city(self, view: View, sun: tuple[float, float]) -> None:
        """Raise three rows of buildings with lit windows."""
        palette = self.palette
        dim = 0.25 if self.time in ("day", "morning", "golden", "dawn") and not self.neon else 1.0
        warm = np.array([1.0, 0.78, 0.45], dtype=np.float32)
        for row, (height, depth) in enumerate(((0.36, 0.66), (0.3, 0.4), (0.17, 0.1))):
            name = f"city-{row}"
            make = partial(city_masks, view, self.seed, self.key, row, self.horizon + 0.004, height)
            bodies, windows = self._stamp(name, view, make)
            body = palette.rock * palette.shade * np.float32(0.62)
            tone = body + (palette.haze - body) * np.float32(depth * 0.9)
            silhouette(view, palette, bodies, tone, sun, 0.35 * depth)
            glow = palette.accent if self.neon and row == 1 else (palette.glow if self.neon and row == 0 else warm)
            light = windows * bodies * np.float32(dim * (1.0 - 0.5 * depth))
            view.over(0, view.height, glow, np.asarray(light, dtype=np.float32))

    def _foreground(self, view: View, sun: tuple[float, float]) -> None:
        """Frame the picture with what stands near."""
        seed, key, palette = self.seed, self.key, self.palette
        dark = near_color(palette, self.winter)
        rim = 0.5 if not self.storm else 0.15
        if self.place in ("mountains", "forest") or (
            self.place == "meadow" and self.draws[14] < 0.3 and not {"tree", "oak", "blossom"} & self.wish.words
        ):
            count = 9 if self.place != "forest" else 16
            size = 0.5 if self.place != "forest" else 0.62
            foot = 1.0 if self.ground == LAKE else 0.93
            pines = self._stamp(
                "pines", view, lambda: pines_mask(view, seed, key, "near", foot + 0.03, size, count, self.side)
            )
            silhouette(view, palette, pines, dark, sun, rim)
            if self.place == "forest":
                other = self._stamp(
                    "pines2", view, lambda: pines_mask(view, seed, key, "far", foot + 0.03, size * 0.7, 6, -self.side)
                )
                silhouette(view, palette, other, dark, sun, rim, 0.12)
        elif self.place == "meadow":
            trunk, leaves = self._tree(view, 0.86, 0.4)
            silhouette(view, palette, trunk, dark, sun, rim)
            tone = (palette.accent if self.season in ("autumn", "spring") else palette.wood) * (
                palette.light * 0.62 + palette.shade * 0.4
            )
            silhouette(view, palette, leaves, np.asarray(tone * 0.8, dtype=np.float32), sun, rim * 0.9)
        if self.ground == MEADOW and not self.winter:
            share = (
                1500 if {"flower", "wildflower", "lavender", "poppy", "meadow", "blossom"} & self.wish.words else 700
            )
            bloom = self._stamp("flowers", view, lambda: flowers_mask(view, seed, key, self.horizon, share))
            color = palette.accent * (palette.light * np.float32(0.85) + palette.shade * np.float32(0.2))
            view.over(0, view.height, np.asarray(color, dtype=np.float32), bloom * np.float32(0.9))
        if self.ground in (LAKE, MEADOW) and self.place != "city":
            reeds = self._stamp("reeds", view, lambda: reeds_mask(view, seed, key, 1.01, 0.11, 260))
            silhouette(view, palette, reeds, dark, sun, rim * 0.6)
        if self.time in ("day", "morning", "golden", "dawn", "sunset") and self.draws[13] < 0.6 and not self.storm:
            birds = self._stamp("birds", view, lambda: birds_mask(view, seed, key, self.horizon))
            view.over(0, view.height, np.asarray(palette.shade * 0.5, dtype=np.float32), birds * np.float32(0.8))

    def _tree(self, view: View, foot: float, height: float) -> tuple[Floats, Floats]:
        make = partial(tree_masks, view, self.seed, self.key, foot, height, self.side, not self.winter)
        return self._stamp("tree", view, make)

    def _weather(self, view: View) -> None:
        """Let it rain or snow."""
        if "storm" in self.wish.weather:

            def bolt(drawing: ImageDraw.ImageDraw, unit: float) -> None:
                rng = rng_for(self.seed, self.key, "bolt")
                x, y = (0.5 - self.side * float(rng.uniform(0.05, 0.3))) * view.width * 2, 0.08 * view.height * 2
                branches = [(x, y, self.horizon * view.height * 2, unit * 0.0045)]
                while branches:
                    x, y, end, thick = branches.pop()
                    while y < end:
                        step = unit * float(rng.uniform(0.012, 0.035))
                        x1, y1 = x + float(rng.normal(0, 0.9)) * step, y + step
                        drawing.line((x, y, x1, y1), fill=255, width=max(1, round(thick)))
                        if thick > unit * 0.003 and rng.random() < 0.22:
                            branches.append((x1, y1, y1 + (end - y1) * float(rng.uniform(0.2, 0.6)), thick * 0.5))
                        x, y = x1, y1

            mask = self._stamp("bolt", view, lambda: view.mask(bolt))
            halo = blur(np.repeat(mask[..., None], 3, axis=2), max(2, view.width // 14))[..., :1]
            view.canvas += np.clip(halo, 0, 1) * np.array([0.9, 0.95, 1.25], dtype=np.float32)
            view.over(0, view.height, np.array([1.0, 0.98, 1.0], dtype=np.float32), mask)
        if "rain" in self.wish.weather or ("storm" in self.wish.weather and self.place == "ocean"):

            def streaks(drawing: ImageDraw.ImageDraw, unit: float) -> None:
                rng = rng_for(self.seed, self.key, "rain")
                for _ in range(420):
                    x, y = float(rng.uniform(-0.1, 1.1)) * view.width * 2, float(rng.uniform(-0.1, 1)) * view.height * 2
                    size = unit * float(rng.uniform(0.02, 0.07))
                    drawing.line(
                        (x, y, x - size * 0.16, y + size),
                        fill=int(rng.integers(50, 130)),
                        width=max(1, round(unit * 0.0014)),
                    )

            view.over(
                0,
                view.height,
                self.palette.haze * np.float32(1.12),
                self._stamp("rain", view, lambda: view.mask(streaks)) * np.float32(0.6),
            )
        if "snow" in self.wish.weather:

            def flakes(drawing: ImageDraw.ImageDraw, unit: float) -> None:
                rng = rng_for(self.seed, self.key, "snow")
                for _ in range(520):
                    x, y = float(rng.random()) * view.width * 2, float(rng.random()) * view.height * 2
                    near = float(rng.random()) ** 4
                    r = unit * (0.0012 + 0.0055 * near)
                    drawing.ellipse((x - r, y - r, x + r, y + r), fill=int(225 - 120 * near))

            view.over(
                0,
                view.height,
                self.palette.snow,
                self._stamp("snow", view, lambda: view.mask(flakes)) * np.float32(0.9),
            )

    def _finish(self, view: View) -> Floats:
        """Let bright parts bleed and the corners fall off a little."""
        image = view.canvas
        level = 0.55 if self.place == "city" else 0.8
        bright = np.maximum(image - np.float32(level), 0)
        image += blur(bright, max(2, view.width // 26)) * np.float32(0.9 if self.place == "city" else 0.55)
        dx = view.x / np.float32(view.extent)
        dy = view.y * 2 - 1
        corner = np.clip(dx[None, :] ** 2 + dy[:, None] ** 2 - np.float32(0.7), 0, None) * np.float32(0.16)
        image *= (1 - corner)[..., None]
        return image
