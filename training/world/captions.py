"""Captions: many ways to say a scene, any part of which may go unsaid."""

# ruff: noqa: PLR2004 -- shares of wordings read best where they are used

from __future__ import annotations

import string
from dataclasses import dataclass

import numpy as np

from cohp.mini.vocabulary import (
    COLOURS,
    MOODS,
    PLACES,
    SIZES,
    STYLES,
    SUBJECTS,
    TIMES,
    plural,
)
from training.world.scene import Scene

KEEP = {"subject": 0.98, "colour": 0.88, "place": 0.78, "time": 0.82}
BIG = 40  # pixels from which a subject counts as big


@dataclass(frozen=True)
class Caption:
    """A text and the attributes it names."""

    text: str
    says: frozenset[str]


def article(noun: str) -> str:
    """Return a noun phrase with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def plain(scene: Scene) -> str:
    """Return the usual caption that says everything."""
    noun = SUBJECTS[scene.subject][0]
    if scene.count == "one":
        noun = article(f"{scene.colour} {noun}")
    else:
        noun = f"{scene.count} {scene.colour} {plural(noun)}"
    return f"{noun} {PLACES[scene.place][0]} {TIMES[scene.time][0]}"


def caption(scene: Scene, rng: np.random.Generator) -> Caption:
    """Return a caption in one of many wordings, with some attributes left out."""
    says = {name for name, share in KEEP.items() if rng.random() < share}
    if not says & {"subject", "place"}:
        says.add("subject")
    if "subject" not in says:
        says.discard("colour")
    where = _pick(PLACES[scene.place], rng) if "place" in says else ""
    when = _pick(TIMES[scene.time], rng) if "time" in says else ""
    counted, noun = _noun(scene, says, rng)
    if counted:
        says.add("count")
    if not noun:
        bare = where.split(" ", 1)[1] if where.startswith(("in ", "on ")) else where
        return Caption(_join(bare, when), frozenset(says))
    order = rng.random()
    if order < 0.55:
        text = _join(noun, where, when)
    elif order < 0.85:
        text = _join(noun, when, where)
    else:
        text = _join(when, noun, where)
    if order < 0.85 and rng.random() < 0.12:
        text = f"{_pick(STYLES, rng)} {text}"
    return Caption(text, frozenset(says))


def _noun(scene: Scene, says: set[str], rng: np.random.Generator) -> tuple[bool, str]:
    """Return whether a word says how many, and the phrase."""
    if "subject" not in says:
        return False, ""
    noun = _pick(SUBJECTS[scene.subject], rng)
    words = [noun if scene.count == "one" else plural(noun)]
    if "colour" in says:
        words.insert(0, _pick(COLOURS[scene.colour], rng))
    extra = rng.random()
    if extra < 0.06:
        words.insert(0, _pick(MOODS, rng))
    elif extra < 0.12:
        words.insert(0, _pick(SIZES["small" if scene.size < BIG else "big"], rng))
    elif extra < 0.15:
        words.insert(0, _gibberish(rng))
    phrase, said = " ".join(words), rng.random()
    if scene.count != "one" or said > 0.95:
        return True, f"{scene.count} {phrase}"
    return (False, phrase) if said < 0.1 else (True, article(phrase))


def _gibberish(rng: np.random.Generator) -> str:
    """Return a word nobody knows: the models learn to read past it."""
    letters = rng.integers(0, 26, rng.integers(3, 8))
    return "".join(string.ascii_lowercase[i] for i in letters)


def _pick(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    """Mostly the usual wording, sometimes a paraphrase."""
    return choices[0] if rng.random() < 0.5 else choices[int(rng.integers(len(choices)))]


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
