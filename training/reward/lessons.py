"""Lessons: a prompt, some pictures for it, and what each truly shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cohp.reward.qwen_images import resized
from training.reward.bank import read
from training.reward.flaws import HARD, PLAIN, possible, spoil
from training.reward.truth import NOBODY, VALUES, Seen, look, moved, told
from training.world.captions import Caption, caption
from training.world.render import Pixels, picture, render
from training.world.scene import SIDE, Scene, combinations, held_out
from training.world.stream import draw_scene

FINE = 0.5  # share of renderings drawn twice as large and resized, as the reward would
WRONG = (0.6, 0.3, 0.1)  # shares of pictures with no, one and two attributes of another scene
FLAWED = 0.65  # share of pictures with a flaw
SEVERAL = 0.5  # share of rendered scenes that may have two or three of their subject
MISTAKEN = 3  # wrong counts for one of any other mistake: no generator's picture has them
STRANGE = 0.05  # share of prompts that name nothing of the world
TRIES = 20


@dataclass(frozen=True)
class Prompt:
    """A text, the attributes it names, and whether it has words nobody knows."""

    text: str
    said: Mapping[str, str]
    unsure: bool = False


@dataclass(frozen=True)
class Lesson:
    """Pictures (n, 64, 64, 3) for one prompt, what they show, and prompts that nearly fit."""

    prompt: Prompt
    pictures: NDArray[np.uint8]
    seen: list[Seen]
    near: list[Prompt]


@dataclass(frozen=True)
class Kept:
    """Pictures of one prompt from the bank, looked at once."""

    scene: Scene
    text: Caption
    pictures: NDArray[np.uint8]
    seen: list[Seen]


def bytes_of(pixels: Pixels) -> NDArray[np.uint8]:
    """Return a picture as bytes."""
    return np.asarray((np.clip(pixels, 0, 1) * 255).round(), dtype=np.uint8)


def levels(pictures: NDArray[np.uint8]) -> Pixels:
    """Return bytes as 0..1."""
    return pictures.astype(np.float32) / np.float32(255)


def drawn(scene: Scene, rng: np.random.Generator) -> Pixels:
    """Render a scene at its size, or larger and resized as the reward does it."""
    if rng.random() < FINE:
        return levels(np.asarray(resized(picture(scene, 2), SIDE, SIDE)))
    return render(scene)


def other(scene: Scene, name: str, rng: np.random.Generator) -> Scene:
    """Return the scene with another value of one attribute, not a held-out combination."""
    values = [each for each in VALUES[name] if each not in {getattr(scene, name), NOBODY}]
    while True:
        changed = replace(scene, **{name: values[int(rng.integers(len(values)))]})
        if name == "count":
            return moved(changed, rng)
        if not held_out(changed.subject, changed.colour, changed.place, changed.time):
            return changed


def several(scene: Scene, rng: np.random.Generator) -> Scene:
    """Return the scene with any count of its subject."""
    counts = VALUES["count"]
    return moved(replace(scene, count=counts[int(rng.integers(len(counts)))]), rng)


def mistake(says: frozenset[str], rng: np.random.Generator) -> str:
    """Return an attribute to be wrong in, one of those that a prompt names."""
    names = [name for name in sorted(says) for _ in range(MISTAKEN if name == "count" else 1)]
    return names[int(rng.integers(len(names)))]


def wanted(scene: Scene, text: Caption) -> Prompt:
    """Return the prompt that a caption of a scene is."""
    return Prompt(text.text, {name: getattr(scene, name) for name in text.says})


def strange(rng: np.random.Generator) -> Prompt:
    """Return a prompt that the world has no picture of."""
    letters = [rng.integers(97, 123, rng.integers(3, 9)).tolist() for _ in range(3)]
    words = ["".join(map(chr, each)) for each in letters[: 1 + int(rng.integers(3))]]
    opening = ("", "a picture of a ", "an ", "the ")[int(rng.integers(4))]
    return Prompt(opening + " ".join(words), {}, unsure=True)


def near(scene: Scene, says: frozenset[str], rng: np.random.Generator) -> Prompt:
    """Return a prompt that differs from a scene in one attribute it names."""
    name = mistake(says, rng)
    changed = other(scene, name, rng)
    for _ in range(TRIES):
        text = caption(changed, rng)
        if name in text.says:
            return wanted(changed, text)
    return wanted(changed, Caption(f"{changed.colour} {changed.subject}", frozenset({"subject"})))


class Teacher:
    """Gives lessons; half of them from a bank, where there is one."""

    def __init__(self, banks: list[Path], size: int = 6, nears: int = 3) -> None:
        self._size, self._nears = size, nears
        self._pool = combinations(held=False)
        self._bank = merged(banks)

    @property
    def bank(self) -> int:
        """How many prompts the bank has pictures of."""
        return len(self._bank)

    def lesson(self, rng: np.random.Generator) -> Lesson:
        """Give one lesson."""
        if self._bank and rng.random() < 0.5:  # noqa: PLR2004 -- half and half
            return self._from_bank(rng)
        return self._from_scratch(rng)

    def _from_bank(self, rng: np.random.Generator) -> Lesson:
        kept = self._bank[int(rng.integers(len(self._bank)))]
        text = kept.text
        for _ in range(TRIES if rng.random() < 0.5 else 0):  # noqa: PLR2004 -- half and half
            again = caption(kept.scene, rng)
            if again.says <= kept.text.says:
                text = again
                break
        count = min(self._size - int(rng.random() < 0.3), len(kept.seen))  # noqa: PLR2004
        chosen = rng.permutation(len(kept.seen))[:count]
        pictures, seen = [kept.pictures[i] for i in chosen], [kept.seen[i] for i in chosen]
        while len(seen) < self._size:
            pictures.append(bytes_of(drawn(moved(kept.scene, rng), rng)))
            seen.append(look(levels(pictures[-1])))
        return self._finished(kept.scene, text, pictures, seen, rng)

    def _from_scratch(self, rng: np.random.Generator) -> Lesson:
        scene = draw_scene(self._pool, rng)
        if rng.random() < SEVERAL:
            scene = several(scene, rng)
        text = caption(scene, rng)
        right = moved(scene, rng)
        pictures = [bytes_of(drawn(right, rng))]
        seen = [told(levels(pictures[0]), right)]
        while len(pictures) < self._size:
            picture, shows = self._attempt(scene, text, rng)
            pictures.append(picture)
            seen.append(shows)
        return self._finished(scene, text, pictures, seen, rng)

    def _attempt(
        self, scene: Scene, text: Caption, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], Seen]:
        """Draw a scene, perhaps with wrong attributes, perhaps with a flaw."""
        shown = moved(scene, rng)
        for _ in range(int(rng.choice(len(WRONG), p=WRONG))):
            shown = other(shown, mistake(text.says, rng), rng)
        pixels, name = drawn(shown, rng), PLAIN[0]
        if rng.random() < FLAWED:
            names = possible(shown)
            names += [each for each in names if each in HARD]
            name = names[int(rng.integers(len(names)))]
            pixels = spoil(name, pixels, shown, float(rng.random()), rng)
        picture = bytes_of(pixels)
        return picture, told(levels(picture), shown) if name in PLAIN else look(levels(picture))

    def _finished(
        self,
        scene: Scene,
        text: Caption,
        pictures: list[NDArray[np.uint8]],
        seen: list[Seen],
        rng: np.random.Generator,
    ) -> Lesson:
        prompt = strange(rng) if rng.random() < STRANGE else wanted(scene, text)
        nears = [near(scene, text.says, rng) for _ in range(self._nears)]
        return Lesson(prompt, np.stack(pictures), seen, nears)


def merged(banks: list[Path]) -> list[Kept]:
    """Read banks; pictures that several models drew of one prompt go together."""
    found: dict[tuple[Scene, str], list[NDArray[np.uint8]]] = defaultdict(list)
    texts: dict[tuple[Scene, str], Caption] = {}
    for folder in banks:
        for group in read(folder):
            key = group.scene, group.text
            texts[key] = Caption(group.text, group.says)
            found[key] += [sized(each) for each in group.pictures]
    return [
        Kept(key[0], texts[key], np.stack(pictures), [look(levels(each)) for each in pictures])
        for key, pictures in found.items()
    ]


def sized(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture at the size the judge sees it."""
    if pixels.shape[:2] == (SIDE, SIDE):
        return pixels
    return np.asarray(resized(Image.fromarray(pixels), SIDE, SIDE))
