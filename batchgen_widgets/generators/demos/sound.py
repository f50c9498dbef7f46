"""A small synthesiser: chimes, bells and plucked strings in a large room."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from .painting.noise import Floats, rng_for

SAMPLE_RATE = 44_100
PEAK = 0.88

SCALES: dict[str, tuple[int, ...]] = {
    "pentatonic": (0, 2, 4, 7, 9),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "hirajoshi": (0, 2, 3, 7, 8),
}
# The degree by which the ear tells a scale from its neighbours; the melody returns to it in every bar.
COLOUR: dict[str, int] = {"pentatonic": 2, "major": 3, "minor": 5, "dorian": 5, "lydian": 3, "hirajoshi": 4}

# Partials of a struck tube, a bell, a glass and a wooden bar: ratio, loudness, decay as a part of the longest.
TIMBRES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "tube": ((1.0, 1.0, 1.0), (2.756, 0.5, 0.6), (5.404, 0.24, 0.34), (8.933, 0.1, 0.2)),
    "bell": (
        (0.5, 0.4, 1.0),
        (1.0, 1.0, 0.85),
        (1.19, 0.35, 0.7),
        (2.0, 0.55, 0.5),
        (2.74, 0.25, 0.35),
        (4.07, 0.16, 0.2),
    ),
    "glass": ((1.0, 1.0, 0.8), (2.32, 0.36, 0.55), (4.25, 0.22, 0.4), (6.63, 0.12, 0.25)),
    "wood": ((1.0, 1.0, 0.2), (3.98, 0.28, 0.09), (9.6, 0.08, 0.04)),
}
WORDS: dict[str, tuple[str, float]] = {
    "calm": ("density", -0.35), "gentle": ("density", -0.3), "slow": ("density", -0.4), "sleep": ("density", -0.45),
    "quiet": ("density", -0.3), "peaceful": ("density", -0.3), "soft": ("bright", -0.2), "fast": ("density", 0.6),
    "busy": ("density", 0.5), "energetic": ("density", 0.6), "lively": ("density", 0.45), "dance": ("density", 0.5),
    "storm": ("density", 0.5), "bright": ("bright", 0.25), "sunny": ("bright", 0.25), "sparkling": ("bright", 0.35),
    "happy": ("bright", 0.2), "morning": ("bright", 0.15), "dawn": ("bright", 0.12), "dark": ("low", 7),
    "deep": ("low", 12),
    "night": ("low", 5), "low": ("low", 12), "dusk": ("low", 3), "sad": ("low", 4), "ominous": ("low", 12),
    "high": ("low", -12), "tiny": ("low", -12), "fairy": ("low", -12), "glass": ("glass", 1),
    "crystal": ("glass", 1),
    "ice": ("glass", 1), "bell": ("bell", 1), "church": ("bell", 1), "temple": ("bell", 1), "gong": ("bell", 1),
    "wood": ("wood", 1), "wooden": ("wood", 1), "marimba": ("wood", 1), "bamboo": ("wood", 1), "harp": ("pluck", 0.9),
    "guitar": ("pluck", 0.9), "koto": ("pluck", 0.9), "string": ("pluck", 0.8), "wind": ("air", 0.5),
    "breeze": ("air", 0.4),
    "sea": ("air", 0.7), "ocean": ("air", 0.7), "wave": ("air", 0.7), "rain": ("density", 0.4),
    "cathedral": ("room", 1.2), "cave": ("room", 1.2), "space": ("room", 1.4), "vast": ("room", 1.0),
    "dry": ("room", -1.2),     "close": ("room", -1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Note:
    """One stroke: when (seconds), which pitch (hertz), how loud, from where (-1 left, 1 right) and with which voice."""

    start: float
    pitch: float
    loudness: float
    pan: float
    voice: str


class Player:
    """Composes a short piece and plays it note by note.

    Parameters
    ----------
    prompt, seed, duration, tempo, scale, brightness
        As for the ``chime`` generator.
    """

    def __init__(self, prompt: str, seed: int, duration: float, tempo: int, scale: str, brightness: float) -> None:
        self.length = max(1, round(duration * SAMPLE_RATE))
        self.seed = seed
        mood: dict[str, float] = {}
        strange: list[str] = []
        for word in re.findall(r"\w+", prompt.lower()):
            found = WORDS.get(word) or WORDS.get(word.removesuffix("s"))
            if found:
                mood[found[0]] = mood.get(found[0], 0.0) + found[1]
            else:
                strange.append(word)
        self.key = int.from_bytes(blake2b(" ".join(strange).encode(), digest_size=4).digest(), "big")
        self.mood = mood
        self.bright = min(1.0, max(0.0, brightness + mood.get("bright", 0.0)))
        self.room = min(4.2, max(0.5, 2.3 + mood.get("room", 0.0)))
        self.timbre = next((name for name in ("glass", "wood", "bell") if name in mood), "tube")
        self.mix: Floats = np.zeros((self.length, 2), dtype=np.float32)
        self.notes = self._compose(duration, tempo, SCALES[scale], COLOUR[scale])
        self._add_bed(duration)

    def _pitch(self, scale: tuple[int, ...], step: int) -> float:
        octave, degree = divmod(step, len(scale))
        midi = self._root + 12 * octave + scale[degree]
        return float(440 * 2 ** ((midi - 69) / 12))

    def _compose(self, duration: float, tempo: int, scale: tuple[int, ...], colour: int) -> list[Note]:
        """Let a melody wander over the scale, with rests, echoes of its motif and a low note at each bar."""
        rng = rng_for(self.seed, self.key, "melody")
        self._root = 67 + int(rng.integers(-4, 4)) - round(self.mood.get("low", 0.0))
        mood = self.mood.get("density", 0.0)
        beat = 60 / tempo * (0.5 if mood >= 0.4 else 1.0)
        density = min(0.97, max(0.2, 0.62 + 0.4 * mood))
        end = duration - min(1.1, 0.3 * duration)
        motif = [int(x) for x in rng.integers(-2, 4, 4)]
        pluck = self.mood.get("pluck", 0.18)
        notes: list[Note] = []
        step, index, start = int(rng.integers(0, len(scale))), 0, 0.03
        while start < end or not notes:
            if index % 4 == 2:
                step = colour + len(scale) * (step > len(scale))
            if index % 4 == 0 or index == 2 or rng.random() < density:
                accent = 1.0 if index % 4 == 0 else 0.72
                voice = "pluck" if rng.random() < pluck else self.timbre
                late = max(0.0, float(rng.normal(0.012, 0.014)))
                loud = accent * float(rng.uniform(0.6, 1.0))
                notes.append(Note(start + late, self._pitch(scale, step), loud, float(rng.uniform(-0.75, 0.75)), voice))
                if rng.random() < 0.22:
                    above = self._pitch(scale, step + int(rng.choice([2, 4])))
                    notes.append(Note(start + late + 0.06, above, loud * 0.5, float(rng.uniform(-0.8, 0.8)), voice))
            if index % 8 == 0:
                notes.append(
                    Note(start, self._pitch(scale, 0) / 2, 0.5, 0.0, "bell" if self.timbre != "wood" else "pluck")
                )
            step += motif[index % 4] if rng.random() < 0.75 else int(rng.integers(-3, 4))
            step = min(max(step, -3), 2 * len(scale))
            index += 1
            start += beat / 2 * (1 if rng.random() < 0.8 else 2)
        return notes

    def _add_bed(self, duration: float) -> None:
        """Lay a quiet chord, and air where the prompt speaks of it, under the notes."""
        time = np.arange(self.length, dtype=np.float64) / SAMPLE_RATE
        rng = rng_for(self.seed, self.key, "bed")
        root = 440 * 2 ** ((self._root - 24 - 69) / 12)
        swell = np.sin(np.pi * np.clip(time / duration, 0, 1)) ** 0.7
        for ratio, loud in ((1.0, 0.05), (1.5, 0.034), (2.0, 0.03), (3.0, 0.011 * (0.4 + self.bright))):
            for side in (0, 1):
                tune = root * ratio * (1 + (0.0013 if side else -0.0013))
                slow = 0.8 + 0.2 * np.sin(2 * np.pi * float(rng.uniform(0.1, 0.3)) * time + float(rng.uniform(0, 6)))
                wave = np.sin(2 * np.pi * tune * time + float(rng.uniform(0, 6)))
                self.mix[:, side] += (wave * slow * swell * loud).astype(np.float32)
        air = min(1.0, self.mood.get("air", 0.0))
        if air > 0:
            noise = rng.standard_normal((self.length, 2), dtype=np.float32)
            spectrum = np.fft.rfft(noise, axis=0)
            hertz = np.fft.rfftfreq(self.length, 1 / SAMPLE_RATE)
            spectrum *= (np.exp(-((np.log2(np.maximum(hertz, 1) / 520) / 1.1) ** 2)))[:, None]
            breeze = np.fft.irfft(spectrum, n=self.length, axis=0)
            breeze /= max(float(np.abs(breeze).max()), 1e-9)
            gust = 0.45 + 0.35 * np.sin(2 * np.pi * 0.21 * time + float(rng.uniform(0, 6)))
            self.mix += (breeze * (gust * swell * 0.1 * air)[:, None]).astype(np.float32)

    def play(self, note: Note) -> None:
        """Add one note to the mix."""
        start = int(note.start * SAMPLE_RATE)
        room = self.length - start
        if room <= 0:
            return
        decay = 2.4 * (520 / max(note.pitch, 60)) ** 0.42
        count = min(room, int(SAMPLE_RATE * min(decay * 1.9, 5.5)))
        wave = self._pluck(note, count) if note.voice == "pluck" else self._struck(note, count, decay)
        attack = min(count, 90)
        wave[:attack] *= np.linspace(0, 1, attack, dtype=np.float32)
        release = min(count, 1600)
        wave[count - release :] *= np.linspace(1, 0, release, dtype=np.float32)
        angle = (note.pan + 1) * math.pi / 4
        part = self.mix[start : start + count]
        part[:, 0] += wave * np.float32(math.cos(angle) * 0.32)
        part[:, 1] += wave * np.float32(math.sin(angle) * 0.32)

    def _struck(self, note: Note, count: int, decay: float) -> Floats:
        """Sum the partials of a struck body; upper ones are louder when bright, and die sooner."""
        time = np.arange(count, dtype=np.float32) / np.float32(SAMPLE_RATE)
        whole = np.zeros(count, dtype=np.float32)
        for number, (ratio, loud, last) in enumerate(TIMBRES[note.voice]):
            pitch = note.pitch * ratio
            if pitch > 15_000:
                break
            loud = loud * (0.25 + 1.5 * self.bright) ** min(number, 3) if number else loud
            # float64 phase: float32 loses the tune of high partials after a second.
            audible = min(count, int(SAMPLE_RATE * decay * last * 1.9))
            now = time[:audible]
            phase = np.arange(audible, dtype=np.float64) * (pitch / SAMPLE_RATE)
            phase -= np.floor(phase)
            beat = 1 + np.float32(0.06) * np.sin(now * np.float32(2 * np.pi * (0.7 + 0.9 * number)))
            tone = np.sin(phase.astype(np.float32) * np.float32(2 * np.pi))
            whole[:audible] += tone * np.exp(now * np.float32(-4.2 / (decay * last))) * beat * np.float32(loud)
        return whole * np.float32(note.loudness)

    def _pluck(self, note: Note, count: int) -> Floats:
        """Karplus and Strong's string: a burst of noise that goes round a delay and loses its edge."""
        rng = rng_for(self.seed, self.key, "pluck", round(note.start * 1000), round(note.pitch))
        period = max(8, round(SAMPLE_RATE / note.pitch))
        burst: Floats = rng.uniform(-1, 1, period).astype(np.float32)
        for _ in range(round(5 - 4 * self.bright)):
            burst = (burst + np.roll(burst, 1)) * np.float32(0.5)
        burst -= burst.mean()
        burst *= np.float32(0.95) / max(float(np.abs(burst).max()), 1e-6)
        rounds = -(-count // period)
        out = np.empty((rounds, period), dtype=np.float32)
        loss = np.float32(math.exp(-1.5 * period / SAMPLE_RATE))
        for turn in range(rounds):
            out[turn] = burst
            burst = np.float32(0.5) * (burst + np.roll(burst, 1)) * loss
        return np.asarray(out.ravel()[:count] * np.float32(note.loudness * 0.85), dtype=np.float32)

    def add_room(self) -> None:
        """Convolve the mix with a decaying cloud of echoes, different for each ear."""
        rng = rng_for(self.seed, "room")
        count = int(self.room * SAMPLE_RATE)
        time = np.arange(count) / SAMPLE_RATE
        size = 1 << (self.length + count - 1).bit_length()
        hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
        # Walls swallow high notes first, and the floor does not boom.
        # The tilt that the brightness asks for, at most 10 dB either way.
        tilt = np.clip((np.maximum(hertz, 40) / 600) ** (1.1 * (self.bright - 0.5)), 0.32, 3.2)
        tone = 1 / np.sqrt(1 + (hertz / (1800 + 4200 * self.bright)) ** 2) * (hertz / (hertz + 140))
        for side in (0, 1):
            echo = rng.standard_normal(count) * np.exp(-6.9 * time / self.room) * np.minimum(time / 0.018, 1)
            echo /= math.sqrt(float((echo**2).sum()))
            dry = np.fft.rfft(self.mix[:, side], size)
            heard = dry * (1 + 0.55 * np.fft.rfft(echo, size) * tone) * tilt
            self.mix[:, side] = np.fft.irfft(heard, size)[: self.length].astype(np.float32)

    def master(self) -> Floats:
        """Fade both ends and set the level; nothing clips."""
        mix = self.mix - self.mix.mean(axis=0)
        rise = min(self.length // 8, 400)
        fall = min(int(self.length * 0.3), int(1.4 * SAMPLE_RATE))
        mix[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)[:, None]
        mix[self.length - fall :] *= (np.cos(np.linspace(0, np.pi, fall, dtype=np.float32)) * 0.5 + 0.5)[:, None]
        # Loud strokes are rounded off a little before the level is set, so that quiet ones are heard as well.
        mix = np.tanh(mix / max(float(np.abs(mix).max()), 1e-6) * np.float32(1.3))
        return np.asarray(mix * np.float32(PEAK / max(float(np.abs(mix).max()), 1e-6)), dtype=np.float32)
