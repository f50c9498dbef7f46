"""Noise fields that the painter samples: periodic textures, warped look-ups and one-dimensional profiles."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

# float32 throughout; the type is wider because a product with a Python float is no float32 to the type checker.
Floats = NDArray[np.floating[Any]]

TEXTURE_SIZE = 256
# Decides which picture each seed gives; this one makes a good first impression.
SALT = 16


def rng_for(seed: int, *names: str | int) -> np.random.Generator:
    """Give an own random generator for one named part of one picture.

    Every part draws from its own stream, so that a word which changes the clouds leaves the mountains as they are.
    """
    keys = [crc32(name.encode()) if isinstance(name, str) else name & 0xFFFFFFFF for name in names]
    return np.random.default_rng([SALT, seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF, *keys])


def spectral(rng: np.random.Generator, exponent: float, size: int = TEXTURE_SIZE, lowest: float = 0) -> Floats:
    """Make a periodic fractal texture with mean 0 and deviation 1, whose amplitudes fall as frequency^-exponent."""
    fy = np.fft.fftfreq(size)[:, None] * size
    fx = np.arange(size // 2 + 1)[None, :]
    radius = np.hypot(fy, fx)
    radius[0, 0] = 1.0
    amplitude = radius**-exponent
    amplitude[0, 0] = 0.0
    amplitude[radius < lowest] = 0.0
    phase = rng.random(amplitude.shape) * (2 * np.pi)
    field = np.fft.irfft2(amplitude * np.exp(1j * phase), s=(size, size))
    return np.asarray(field / field.std(), dtype=np.float32)


def sample(texture: Floats, u: Floats, v: Floats) -> Floats:
    """Look a periodic texture up at (u, v), counted in whole textures, with bilinear interpolation."""
    size = texture.shape[0]
    mask = size - 1
    u = u * np.float32(size)
    v = v * np.float32(size)
    u0 = np.floor(u)
    v0 = np.floor(v)
    fu = u - u0
    fv = v - v0
    column = u0.astype(np.int32) & mask
    row = (v0.astype(np.int32) & mask) * size
    column1 = (column + 1) & mask
    row1 = (row + size) & (size * size - 1)
    flat = texture.ravel()
    top = np.take(flat, row + column)
    top += fu * (np.take(flat, row + column1) - top)
    bottom = np.take(flat, row1 + column)
    bottom += fu * (np.take(flat, row1 + column1) - bottom)
    top += fv * (bottom - top)
    return np.asarray(top, dtype=np.float32)


class Fields:
    """The textures of one picture.

    Attributes
    ----------
    cloud : ndarray
        Fractal noise, deviation 1.
    smooth : ndarray
        Long soft waves, used to bend other look-ups.
    rock : ndarray
        Sideways slope of a ridged relief: positive where a face turns right.
    dune : ndarray
        Sideways slope of a soft relief.
    """

    def __init__(self, seed: int, key: int) -> None:
        rng = rng_for(seed, key, "fields")
        self.cloud = spectral(rng, 1.75)
        self.smooth = spectral(rng, 2.7)
        ridged = -np.abs(spectral(rng, 1.95))
        slope = np.roll(ridged, -1, 1) - np.roll(ridged, 1, 1)
        self.rock = np.asarray(slope / slope.std(), dtype=np.float32)
        soft = self.smooth + 0.12 * self.cloud
        slope = np.roll(soft, -2, 1) - np.roll(soft, 2, 1)
        self.dune = np.asarray(slope / slope.std(), dtype=np.float32)


def _lattice(rng: np.random.Generator, x: Floats) -> Floats:
    """One octave of smooth one-dimensional noise in -1..1, with a knot at every whole x."""
    knots = rng.uniform(-1, 1, 1024).astype(np.float32)
    cell = np.floor(x)
    part = x - cell
    index = cell.astype(np.int32)
    part = part * part * part * (part * (part * 6 - 15) + 10)
    left = knots[index & 1023]
    return np.asarray(left + part * (knots[(index + 1) & 1023] - left), dtype=np.float32)


def line(rng: np.random.Generator, x: Floats, frequency: float, octaves: int, gain: float = 0.5) -> Floats:
    """Fractal noise along a line, about -1..1."""
    out = np.zeros_like(x)
    weight = 1.0
    for octave in range(octaves):
        shift = float(rng.uniform(0, 900))
        out += np.float32(weight) * _lattice(rng, x * np.float32(frequency * 1.97**octave) + np.float32(shift))
        weight *= gain
    return out


def ridge_line(rng: np.random.Generator, x: Floats, frequency: float, octaves: int, gain: float = 0.48) -> Floats:
    """Sharp-crested fractal noise along a line, 0..about 1.3: mountains against the sky."""
    out = np.zeros_like(x)
    weight = 1.0
    carry = np.ones_like(x)
    for octave in range(octaves):
        shift = float(rng.uniform(0, 900))
        crest = 1 - np.abs(_lattice(rng, x * np.float32(frequency * 2.03**octave) + np.float32(shift)))
        crest = crest * crest * carry
        out += np.float32(weight) * crest
        carry = np.clip(crest * 1.6, 0.15, 1)
        weight *= gain
    return np.asarray(out * np.float32(0.62), dtype=np.float32)


def spikes(rng: np.random.Generator, x: Floats, frequency: float) -> Floats:
    """Tops of a far conifer wood along a line, 0..1."""
    out = np.zeros_like(x)
    for factor in (1.0, 1.37, 1.83):
        heights = rng.uniform(0.25, 1, 1024).astype(np.float32)
        position = x * np.float32(frequency * factor) + np.float32(rng.uniform(0, 900))
        cell = np.floor(position)
        tent = 1 - np.abs(position - cell - 0.5) * 2
        np.maximum(out, heights[cell.astype(np.int32) & 1023] * tent / np.float32(factor**0.5), out=out)
    return out


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """Rise softly from 0 at low to 1 at high."""
    t = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)
