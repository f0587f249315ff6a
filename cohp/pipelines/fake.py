"""A generator without weights: procedural landscapes whose grain tells how good they are.

Each prompt has an ideal scene. A shot's scene lies some way from it, and the further away,
the grainier its picture. Refining moves a scene part of the way towards a fresh one, so the
search has something real to climb.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cohp.catalogue import Model
from cohp.errors import OutOfMemory
from cohp.options import FakeOptions, read
from cohp.types import Drawn, Shot

Scene = NDArray[np.float32]
# A scene: the colours of sky and ground, the sun's place, the height of the hills.
SCENE_SIZE = 9
MOST_GRAIN = 60.0
SUNLIGHT = (1.0, 0.93, 0.7)


class FakeGenerator:
    """Draws small landscapes; `skill` in 0..1 says how near its scenes come to the ideal."""

    revision = "1"

    def __init__(self, model: Model, **_: object) -> None:
        options = read(FakeOptions, model)
        self._skill = options.skill
        self._room = options.room

    def draw(self, shots: Sequence[Shot], parents: Mapping[str, Drawn]) -> Iterator[Drawn]:
        """Draw the shots; more than `room` at once do not fit."""
        if len(shots) > self._room:
            raise OutOfMemory(f"{len(shots)} images do not fit, {self._room} do")
        for shot in shots:
            began = perf_counter()
            scene = self._scene(shot, parents.get(shot.parent or ""))
            image = _paint(scene, _ideal(shot.prompt), shot)
            yield Drawn(shot, image, scene, None, shot.strength, perf_counter() - began)

    def close(self) -> None:
        """Nothing is held."""

    def _scene(self, shot: Shot, parent: Drawn | None) -> Scene:
        away = np.random.default_rng(shot.seed).normal(size=SCENE_SIZE).astype(np.float32)
        fresh = _ideal(shot.prompt) + away * np.float32(0.6 * (1 - self._skill))
        if parent is not None:
            start = parent.latents if parent.latents is not None else _read(parent.image)
            fresh = start + np.float32(0.5 * (shot.strength or 1.0)) * (fresh - start)
        return np.asarray(np.clip(fresh, 0, 1), dtype=np.float32)


def _ideal(prompt: str) -> Scene:
    digest = hashlib.sha256(prompt.encode()).digest()
    return np.random.default_rng(list(digest[:8])).uniform(0.2, 0.8, SCENE_SIZE).astype(np.float32)


def _paint(scene: Scene, ideal: Scene, shot: Shot) -> Image.Image:
    width, height = shot.width, shot.height
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky = scene[0:3] * (1 - 0.5 * down) + 0.5 * down
    sun = np.hypot(across - scene[6], down - 0.6 * scene[7]) < 0.12  # noqa: PLR2004 - its size
    picture = np.where(sun, np.array(SUNLIGHT), np.broadcast_to(sky, (height, width, 3)))
    for nearness in (0.4, 0.7, 1.0):
        waves = np.sin((across * 5 + scene[6] * 9) * nearness + scene[8] * 20 * nearness)
        ridge = 0.45 + 0.25 * nearness - 0.09 * scene[8] * waves
        picture = np.where(down > ridge, scene[3:6] * (1.1 - 0.6 * nearness), picture)
    flaw = min(1.0, float(np.sqrt(np.mean((scene - ideal) ** 2))) * 2)
    grain = np.random.default_rng([shot.seed, 1]).normal(size=(height, width, 1))
    levels = picture * 255 + grain.astype(np.float32) * np.float32(MOST_GRAIN * flaw)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def _read(image: Image.Image) -> Scene:
    """Guess the scene of a picture that came without one, as an image encoder would."""
    pixels = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    quarter = max(1, pixels.shape[0] // 4)
    sky, ground = pixels[:quarter].mean((0, 1)), pixels[-quarter:].mean((0, 1))
    light = pixels[: 2 * quarter].sum(2)
    row, column = np.unravel_index(int(light.argmax()), light.shape)
    place = [column / pixels.shape[1], row / pixels.shape[0], 0.5]
    return np.concatenate([sky, ground, place]).astype(np.float32)
