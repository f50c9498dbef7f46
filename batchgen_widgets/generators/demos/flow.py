"""Warped currents of colour that return to where they began."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .painting.noise import Fields, Floats, rng_for, sample, smoothstep, spectral
from .painting.palettes import gray, hex_color, mix
from .painting.words import TINTS, read_prompt

# Five colours each: ground, veil, body, core, light.
PALETTES: dict[str, tuple[str, str, str, str, str]] = {
    "ink": ("#f3efe6", "#b9c6d6", "#4d6fa3", "#15224f", "#fdfbf5"),
    "ember": ("#120910", "#4a1524", "#c23b22", "#f79a3c", "#fff0c2"),
    "lagoon": ("#06202c", "#0d5566", "#1fa39a", "#8fe0c4", "#f4fbe8"),
    "orchid": ("#1d1033", "#5b2a86", "#c2559d", "#f7a8b8", "#fff1e6"),
    "aurora": ("#050d1e", "#123a5a", "#1fae83", "#8a63d2", "#e4fff2"),
    "gold": ("#14110f", "#4b3420", "#b07a2e", "#f0c869", "#fff8e0"),
}
CHOICE: dict[str, str] = {
    "ink": "ink", "paper": "ink", "fire": "ember", "flame": "ember", "lava": "ember", "ember": "ember",
    "magma": "ember",
    "sunset": "ember", "ocean": "lagoon", "sea": "lagoon", "lagoon": "lagoon", "wave": "lagoon", "river": "lagoon",
    "flower": "orchid", "orchid": "orchid", "silk": "orchid", "neon": "orchid", "dream": "orchid", "nebula": "orchid",
    "aurora": "aurora", "night": "aurora", "space": "aurora", "galaxy": "aurora", "northern": "aurora", "gold": "gold",
    "golden": "gold", "honey": "gold", "amber": "gold", "sand": "gold", "desert": "gold", "water": "ink",
    "smoke": "ink",
}  # fmt: skip
FORCE: dict[str, float] = {
    "calm": -0.3, "slow": -0.3, "gentle": -0.25, "soft": -0.2, "silk": -0.2, "still": -0.35, "wild": 0.35,
    "storm": 0.35,
    "stormy": 0.35, "fire": 0.15, "turbulent": 0.35, "fast": 0.3, "chaos": 0.4, "raging": 0.35,
}  # fmt: skip


class Current:
    """A flow whose every part moves on a closed path, so that time 1 is time 0.

    Parameters
    ----------
    prompt, seed, seconds, width, height, turbulence, palette
        As for the ``drift`` generator.
    """

    def __init__(
        self, prompt: str, seed: int, seconds: float, width: int, height: int, turbulence: float, palette: str
    ) -> None:
        wish = read_prompt(prompt)
        words = wish.words
        rng = rng_for(seed, wish.key, "current")
        self.force = min(1.0, max(0.0, turbulence + sum(FORCE.get(word, 0.0) for word in sorted(words))))
        if palette == "auto":
            named = [CHOICE[word] for word in CHOICE if word in words]
            palette = (
                named[0] if named else list(PALETTES)[int(rng_for(seed, wish.key, "palette").integers(len(PALETTES)))]
            )
        colors = [hex_color(text) for text in PALETTES[palette]]
        for tint in [TINTS[word] for word in TINTS if word in words and CHOICE.get(word) != palette]:
            dye = hex_color(tint)
            colors[1:4] = [mix(c, dye * np.float32(min(1.6, gray(c) / max(gray(dye), 0.05))), 0.7) for c in colors[1:4]]
        self.colors = np.clip(np.stack(colors), 0, 1)
        self.dark = gray(self.colors[0]) < 0.5
        fields = Fields(seed, wish.key)
        self.soft = spectral(rng_for(seed, wish.key, "soft"), 2.6, lowest=2)
        self.other = spectral(rng_for(seed, wish.key, "other"), 2.4, lowest=2)
        self.fine = fields.cloud
        unit = math.sqrt(width * height)
        self.x: Floats = np.broadcast_to(
            ((np.arange(width, dtype=np.float32) - np.float32(width / 2 - 0.5)) / np.float32(unit))[None, :],
            (height, width),
        )
        self.y: Floats = np.broadcast_to(
            ((np.arange(height, dtype=np.float32) - np.float32(height / 2 - 0.5)) / np.float32(unit))[:, None],
            (height, width),
        )
        self.unit = unit
        # A longer loop goes a longer way, at the same pace.
        self.reach = 0.05 * min(seconds, 6.0) / 2
        self.offsets = rng.random((4, 2)).astype(np.float32)
        self.phases = rng.uniform(0, 2 * math.pi, 4)
        self.turns = (1, -1, 1, 1) if rng.random() < 0.5 else (-1, 1, -1, 1)
        # Every seed gets its share of clear and of coloured water.
        probes = np.stack([self._move(part / 5, 8)[0] for part in range(5)])
        self.middle = np.float32(np.median(probes))
        self.gain = np.float32(1 / max(float(probes.std()), 0.2))
        self.grain = (rng_for(seed, "grain").random((height, width, 1), dtype=np.float32) - np.float32(0.5)) / 255

    def _orbit(self, index: int, time: float, scale: float) -> tuple[np.float32, np.float32]:
        """Where one texture stands at a time, on its circle."""
        angle = self.turns[index] * 2 * math.pi * time + self.phases[index]
        x, y = self.offsets[index]
        return np.float32(x + self.reach * scale * math.cos(angle)), np.float32(
            y + self.reach * scale * math.sin(angle)
        )

    def _move(self, time: float, step: int = 1) -> tuple[Floats, Floats, Floats]:
        """Bend the textures by one another: the density of the colour, and two softer fields for its hues."""
        x, y, force = self.x[::step, ::step], self.y[::step, ::step], np.float32(0.3 + 1.0 * self.force)
        ax, ay = self._orbit(0, time, 1.0)
        bx, by = self._orbit(1, time, 0.9)
        cx, cy = self._orbit(2, time, 0.6)
        dx, dy = self._orbit(3, time, 0.45)
        qx = sample(self.soft, x * np.float32(0.42) + ax, y * np.float32(0.42) + ay)
        qy = sample(self.other, x * np.float32(0.42) + bx, y * np.float32(0.42) + by)
        bend = np.float32(0.066) * force
        rx = sample(self.other, x * np.float32(0.55) + bend * qx + cx, y * np.float32(0.55) + bend * qy + cy)
        ry = sample(self.soft, x * np.float32(0.55) + bend * qy + dx, y * np.float32(0.55) - bend * qx + dy)
        u = x * np.float32(0.36) + bend * rx + np.float32(0.05) * qx + ax
        v = y * np.float32(0.36) + bend * ry + np.float32(0.05) * qy + by
        body = sample(self.soft, u, v)
        threads = sample(self.fine, u * np.float32(1.6) + bend * np.float32(0.5) * qy, v * np.float32(1.6))
        return body + np.float32(0.02 + 0.13 * self.force**1.5) * threads, rx, qx

    def frame(self, time: float) -> NDArray[np.uint8]:
        """Draw the moment ``time``, a part of the loop from 0 to 1."""
        x, y = self.x, self.y
        body, rx, qx = self._move(time)
        body = (body - self.middle) * self.gain
        # Light falls from the upper left on the folds.
        fold = np.gradient(body, axis=0) + np.gradient(body, axis=1)
        relief = np.tanh(fold * np.float32(self.unit * 0.026))
        center = np.exp(-(x * x + y * y) * np.float32(2.2))
        dense = smoothstep(-1.5, 1.9, body + np.float32(0.9) * center - np.float32(0.45))
        mass = smoothstep(-1.6, 1.8, rx)
        ground, veil, deep, core, light = (self.colors[i] for i in range(5))
        color = ground + (veil - ground) * smoothstep(0.08, 0.42, dense)[..., None]
        color = color + (deep - color) * smoothstep(0.3, 0.72, dense)[..., None]
        color = (
            color
            + (core - color) * (smoothstep(0.6, 0.98, dense) * (np.float32(0.35) + np.float32(0.65) * mass))[..., None]
        )
        edge = np.exp(-(((dense - np.float32(0.62)) / np.float32(0.07)) ** 2)) * np.clip(
            qx * np.float32(0.42) + 0.4, 0, 1
        )
        color = color + (light - color) * (edge * np.float32(0.34 if self.dark else 0.16))[..., None]
        amount = smoothstep(0.12, 0.5, dense) * np.float32(0.24 if self.dark else 0.15)
        color = color * (1 + (relief * amount)[..., None])
        shine = np.clip(relief, 0, 1) ** 3 * smoothstep(0.35, 0.8, dense) * np.float32(0.35)
        color = color + (light - color) * shine[..., None]
        corner = np.clip((x * x + y * y) - np.float32(0.2), 0, None) * np.float32(0.5 if self.dark else 0.18)
        color = color * (1 - corner)[..., None] + self.grain
        return np.asarray(np.clip(color * 255 + np.float32(0.5), 0, 255).astype(np.uint8))
