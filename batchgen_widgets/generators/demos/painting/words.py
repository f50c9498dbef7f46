"""What a prompt asks for: its words sorted into time, weather, place, season and style."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b

TIMES: dict[str, str] = {
    "dawn": "dawn", "sunrise": "dawn", "daybreak": "dawn", "morning": "morning", "day": "day", "noon": "day",
    "midday": "day", "sunny": "day", "daylight": "day", "afternoon": "golden", "golden": "golden", "evening": "sunset",
    "sunset": "sunset", "sundown": "sunset", "dusk": "dusk", "twilight": "dusk", "gloaming": "dusk",
    "night": "night", "midnight": "night", "moonlight": "night", "moonlit": "night", "moon": "night", "starry": "night",
    "star": "night", "nocturne": "night", "nocturnal": "night", "galaxy": "night", "cosmic": "night",
}  # fmt: skip
PLACES: dict[str, str] = {
    "mountain": "mountains", "peak": "mountains", "alp": "mountains", "alpine": "mountains", "summit": "mountains",
    "cliff": "mountains", "himalaya": "mountains", "volcano": "mountains", "fjord": "mountains", "valley": "mountains",
    "forest": "forest", "wood": "forest", "woodland": "forest", "pine": "forest", "tree": "forest", "taiga": "forest",
    "jungle": "forest", "grove": "forest", "desert": "desert", "dune": "desert", "sahara": "desert", "sand": "desert",
    "sandy": "desert", "oasis": "desert", "canyon": "canyon", "mesa": "canyon", "butte": "canyon", "badland": "canyon",
    "arizona": "canyon", "ocean": "ocean", "sea": "ocean", "beach": "ocean", "coast": "ocean", "island": "ocean",
    "wave": "ocean", "shore": "ocean", "seascape": "ocean", "bay": "ocean", "meadow": "meadow", "field": "meadow",
    "hill": "meadow", "grassland": "meadow", "prairie": "meadow", "countryside": "meadow", "flower": "meadow",
    "wildflower": "meadow", "lavender": "meadow", "poppy": "meadow", "tuscany": "meadow", "farm": "meadow",
    "garden": "meadow", "sunflower": "meadow", "tulip": "meadow", "daisy": "meadow", "heather": "meadow",
    "cornflower": "meadow", "bluebell": "meadow",
    "city": "city", "skyline": "city", "metropolis": "city", "downtown": "city", "town": "city",
    "urban": "city", "skyscraper": "city", "tokyo": "city", "manhattan": "city", "cyberpunk": "city",
}  # fmt: skip
WEATHER: dict[str, str] = {
    "storm": "storm", "stormy": "storm", "thunder": "storm", "tempest": "storm", "dramatic": "storm",
    "rain": "rain", "rainy": "rain", "drizzle": "rain", "monsoon": "rain", "mist": "mist", "misty": "mist",
    "fog": "mist", "foggy": "mist", "haze": "mist", "hazy": "mist", "snow": "snow", "snowy": "snow",
    "snowfall": "snow", "blizzard": "snow", "cloud": "cloud", "cloudy": "cloud", "overcast": "cloud",
    "clear": "clear", "cloudless": "clear", "aurora": "aurora", "borealis": "aurora", "northern": "aurora",
    "lightning": "storm", "thunderstorm": "storm",
}  # fmt: skip
SEASONS: dict[str, str] = {
    "spring": "spring", "blossom": "spring", "cherry": "spring", "sakura": "spring", "summer": "summer",
    "autumn": "autumn", "autumnal": "autumn", "fall": "autumn", "october": "autumn", "maple": "autumn",
    "winter": "winter", "wintry": "winter", "frozen": "winter", "ice": "winter", "icy": "winter", "frost": "winter",
    "arctic": "winter", "glacier": "winter", "snow": "winter", "snowy": "winter", "blizzard": "winter",
}  # fmt: skip
STYLES: dict[str, str] = {
    "watercolor": "watercolor", "watercolour": "watercolor", "aquarelle": "watercolor", "ink": "ink", "sumi": "ink",
    "monochrome": "ink", "charcoal": "ink", "sketch": "ink", "noir": "ink", "sepia": "sepia", "vintage": "sepia",
    "old": "sepia", "retro": "sepia", "oil": "oil", "impressionist": "oil", "impressionism": "oil", "monet": "oil",
    "gogh": "oil", "impasto": "oil", "neon": "neon", "cyberpunk": "neon", "synthwave": "neon", "vaporwave": "neon",
    "pastel": "pastel", "soft": "pastel", "dreamy": "pastel", "dream": "pastel", "vivid": "vivid",
    "colorful": "vivid", "colourful": "vivid", "vibrant": "vivid",
}  # fmt: skip
WATER = frozenset({"lake", "river", "water", "reflection", "pond", "fjord", "mirror", "loch", "lagoon", "harbor"})
TINTS: dict[str, str] = {
    "red": "#d8422f", "crimson": "#c22a3a", "scarlet": "#d8402a", "orange": "#f08a33", "amber": "#f0a63a",
    "yellow": "#f5d04f", "green": "#4d9a56", "emerald": "#2f9a6a", "teal": "#2f9c9a", "turquoise": "#3cb5b0",
    "cyan": "#49b9d6", "blue": "#3f74cf", "azure": "#4a90e0", "indigo": "#4a48a8", "purple": "#7d4fb0",
    "violet": "#8a5cc8", "lilac": "#b79bdc", "magenta": "#c94fa5", "pink": "#ee8fb4", "rose": "#e58a9a",
    "lavender": "#8058d6", "alien": "#39b08a", "mars": "#cf5a33", "fire": "#ee6a2a", "copper": "#c2703d",
}  # fmt: skip
NEUTRAL = frozenset({
    "a", "an", "and", "the", "of", "in", "on", "at", "to", "by", "with", "over", "under", "from", "into", "for", "is",
    "as", "its", "it", "s", "very", "beautiful", "landscape", "scenery", "view", "scene", "picture", "painting",
    "image", "photo", "photograph", "art", "style", "high", "quality", "detailed", "masterpiece", "no", "without",
})  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a prompt asks for; an empty string or set means that it leaves the choice to the seed."""

    time: str = ""
    place: str = ""
    season: str = ""
    style: str = ""
    weather: frozenset[str] = frozenset()
    water: bool = False
    tints: tuple[str, ...] = ()
    key: int = 0
    """A number made from the words that mean nothing here; they still choose composition and colour."""
    words: frozenset[str] = field(default_factory=frozenset)


def _forms(word: str) -> tuple[str, ...]:
    """The word itself and its likely singulars."""
    forms = [word]
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s"):
        forms.append(word[:-1])
    return tuple(forms)


def read_prompt(prompt: str) -> Wish:
    """Sort the words of a prompt; the first word of each kind decides, weather and tints add up."""
    text = prompt.lower().replace("northern lights", "aurora").replace("black and white", "monochrome")
    text = text.replace("blue hour", "twilight").replace("golden hour", "golden")
    first: dict[str, str] = {}
    weather: list[str] = []
    tints: list[str] = []
    strange: list[str] = []
    seen: list[str] = []
    water = False
    negated = False
    for word in re.findall(r"\w+", text):
        if word in ("no", "without"):
            negated = True
            continue
        if negated:
            negated = False
            continue
        forms = _forms(word)
        seen.extend(forms)
        known = any(form in NEUTRAL for form in forms)
        for kind, table in (("time", TIMES), ("place", PLACES), ("season", SEASONS), ("style", STYLES)):
            value = next((table[form] for form in forms if table.get(form)), "")
            if value:
                known = True
                first.setdefault(kind, value)
        for form in forms:
            if form in WEATHER:
                known = True
                weather.append(WEATHER[form])
            if form in TINTS:
                known = True
                tints.append(TINTS[form])
            if form in WATER:
                known = water = True
        if not known:
            strange.append(word)
    key = int.from_bytes(blake2b(" ".join(strange).encode(), digest_size=4).digest(), "big") if strange else 0
    return Wish(
        time=first.get("time", ""),
        place=first.get("place", ""),
        season=first.get("season", ""),
        style=first.get("style", ""),
        weather=frozenset(weather),
        water=water,
        tints=tuple(dict.fromkeys(tints)),
        key=key,
        words=frozenset(seen),
    )
