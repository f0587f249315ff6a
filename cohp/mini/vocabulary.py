"""What the embedded models know: the words of their small world."""

from __future__ import annotations

SUBJECTS: dict[str, tuple[str, ...]] = {
    "fox": ("fox",),
    "cat": ("cat", "kitty"),
    "rabbit": ("rabbit", "bunny"),
    "owl": ("owl",),
    "elephant": ("elephant",),
    "turtle": ("turtle", "tortoise"),
    "car": ("car", "automobile"),
    "sailboat": ("sailboat", "boat"),
    "balloon": ("balloon", "hot air balloon"),
    "rocket": ("rocket", "spaceship"),
    "house": ("house", "cottage"),
    "castle": ("castle",),
    "mushroom": ("mushroom", "toadstool"),
    "flower": ("flower", "blossom"),
    "umbrella": ("umbrella",),
    "teapot": ("teapot",),
}
"""Each subject with the nouns that name it, the usual one first."""

COLOURS: dict[str, tuple[str, ...]] = {
    "red": ("red", "crimson"),
    "orange": ("orange",),
    "yellow": ("yellow", "golden"),
    "green": ("green",),
    "blue": ("blue",),
    "purple": ("purple", "violet"),
    "white": ("white",),
    "black": ("black",),
}
"""Each colour with the adjectives that name it."""

PLACES: dict[str, tuple[str, ...]] = {
    "meadow": ("in a meadow", "in a green field", "on a meadow"),
    "beach": ("on the beach", "by the sea", "at the seaside"),
    "forest": ("in a forest", "in the forest", "in the woods"),
    "mountains": ("in the mountains", "near the mountains"),
    "city": ("in the city", "in a city", "in town"),
    "desert": ("in the desert", "among the dunes"),
}
"""Each place with the phrases that put a subject there."""

TIMES: dict[str, tuple[str, ...]] = {
    "dawn": ("at dawn", "at sunrise", "in the early morning"),
    "day": ("on a sunny day", "in daylight", "at noon"),
    "sunset": ("at sunset", "at dusk", "in the evening"),
    "night": ("at night", "under the moon", "under the stars"),
    "rain": ("in the rain", "on a rainy day"),
    "snow": ("in the snow", "on a snowy day", "in winter"),
}
"""Each time of day or weather with the phrases that name it."""

STYLES: tuple[str, ...] = (
    "an illustration of",
    "a picture of",
    "a painting of",
    "a poster of",
    "a drawing of",
)
"""Openings that change nothing in the picture."""

MOODS: tuple[str, ...] = ("cute", "lovely", "beautiful", "pretty")
"""Adjectives that change nothing in the picture."""

SIZES: dict[str, tuple[str, ...]] = {"small": ("small", "little"), "big": ("big", "large")}
"""Each size of a subject with the adjectives that name it."""

COUNTS: dict[str, int] = {"one": 1, "two": 2, "three": 3}
"""How many of a subject there can be; only the reward knows, the generators draw one."""

EXAMPLES: tuple[str, ...] = (
    "a red fox at dawn",
    "a blue sailboat by the sea at sunset",
    "a white castle in the mountains at night",
    "a yellow umbrella in the city in the rain",
)
"""Prompts to show to somebody who asks what the models can draw."""


def lists() -> dict[str, str]:
    """Return what there is to choose from, for people."""
    tables = {"subjects": SUBJECTS, "colours": COLOURS, "places": PLACES, "times": TIMES}
    listed = {name: ", ".join(table) for name, table in tables.items()}
    return {**listed, "for example": "; ".join(EXAMPLES)}


def words() -> tuple[str, ...]:
    """Every single word of the world, sorted."""
    tables = (SUBJECTS, COLOURS, PLACES, TIMES, SIZES)
    phrases = [phrase for table in tables for names in table.values() for phrase in names]
    phrases += [
        *SUBJECTS,
        *COLOURS,
        *PLACES,
        *TIMES,
        *STYLES,
        *MOODS,
        *SIZES,
        "a",
        "an",
        "the",
        "and",
    ]
    return tuple(sorted({word for phrase in phrases for word in phrase.split()}))


def plural(noun: str) -> str:
    """Return what several of a noun are called."""
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("x") else f"{noun}s"


def counting() -> tuple[str, ...]:
    """Every word that only a prompt with a count has, sorted."""
    several = {plural(noun).split()[-1] for nouns in SUBJECTS.values() for noun in nouns}
    return tuple(sorted({*COUNTS, *several}))


def unknown(prompt: str) -> tuple[str, ...]:
    """Return the words of a prompt that the embedded models never saw, in order."""
    known = {*words(), "one"}  # they draw one of everything
    cleaned = "".join(c if c.isalnum() else " " for c in prompt.lower())
    return tuple(word for word in cleaned.split() if word not in known)
