"""Spoils pictures: lightly, so that the referee looks past it, or until a subject is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter

from training.world.render import Pixels, background, render
from training.world.scene import FOOT, GRID, SIDE, SIZES, Scene
from training.world.stream import draw_scene

LOPSIDED = frozenset({"fox", "rabbit", "elephant", "turtle", "car", "teapot"})
"""Subjects with a front and a back: two fronts, or none, are a fault."""

BLURRED = 0.4  # share of pictures
HALF = 0.5
Pool = list[tuple[str, str, str, str]]


def worn(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Shift, blur, tint and grain a picture a little, as a generator might."""
    dx, dy = rng.integers(-3, 4, 2)
    out = np.roll(np.pad(picture, ((4, 4), (4, 4), (0, 0)), "edge"), (dy, dx), (0, 1))[4:-4, 4:-4]
    if rng.random() < BLURRED:
        image = Image.fromarray((out * 255).round().astype(np.uint8), "RGB")
        soft = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.0))))
        out = np.asarray(soft, dtype=np.float32) / np.float32(255)
    tint, lift = rng.uniform(0.92, 1.08, 3), rng.uniform(-0.03, 0.03)
    grain = rng.normal(0, rng.uniform(0, 0.05), out.shape)
    return np.clip(out * tint + lift + grain, 0, 1).astype(np.float32)


def broken(scene: Scene, pool: Pool, rng: np.random.Generator) -> Pixels:
    """Draw a scene whose subject nobody could name."""
    kinds = ["nobody", "smeared", "shuffled", "chimera", "melted", "doubled", "doubled"]
    if scene.subject in LOPSIDED:
        kinds += FRONTAL
    return BREAKERS[kinds[int(rng.integers(len(kinds)))]](scene, pool, rng)


def _nobody(scene: Scene, _pool: Pool, _rng: np.random.Generator) -> Pixels:
    return background(scene.place, scene.time).copy()


def _window(scene: Scene) -> tuple[slice, slice]:
    return slice(FOOT - scene.size, FOOT), slice(scene.left, scene.left + scene.size)


def _smeared(scene: Scene, _pool: Pool, rng: np.random.Generator) -> Pixels:
    """Blur the subject into a blot."""
    picture = render(scene)
    image = Image.fromarray((picture * 255).astype(np.uint8), "RGB")
    blot = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(4, 7))))
    rows, columns = _window(scene)
    picture[rows, columns] = (np.asarray(blot, dtype=np.float32) / 255)[rows, columns]
    return picture


def _shuffled(scene: Scene, _pool: Pool, rng: np.random.Generator) -> Pixels:
    """Exchange the patches of the subject's box."""
    picture = render(scene)
    rows, columns = _window(scene)
    box = picture[rows, columns].copy()
    cells = [(y, x) for y in range(0, scene.size, GRID) for x in range(0, scene.size, GRID)]
    for (y, x), k in zip(cells, rng.permutation(len(cells)), strict=True):
        v, u = cells[int(k)]
        picture[rows, columns][y : y + GRID, x : x + GRID] = box[v : v + GRID, u : u + GRID]
    return picture


def _chimera(scene: Scene, pool: Pool, rng: np.random.Generator) -> Pixels:
    """Mix the patches of three different subjects."""
    others = {scene.subject: render(scene)}
    while len(others) < 3:  # noqa: PLR2004 -- one of three, so that none of them prevails
        other = draw_scene(pool, rng).subject
        mixed = Scene(
            other, scene.colour, scene.place, scene.time, scene.size, scene.left, scene.mirrored
        )
        others[other] = render(mixed)
    layers = list(others.values())
    picture = layers[0].copy()
    for y in range(0, 64, GRID):
        for x in range(0, 64, GRID):
            layer = layers[int(rng.integers(3))]
            picture[y : y + GRID, x : x + GRID] = layer[y : y + GRID, x : x + GRID]
    return picture


def _melted(scene: Scene, _pool: Pool, rng: np.random.Generator) -> Pixels:
    """Pull the picture out of shape in waves."""
    picture = render(scene)
    y, x = np.mgrid[0:64, 0:64].astype(np.float32)
    for _ in range(2):
        a, b = rng.uniform(0, 6.28, 2)
        y = y + 3.5 * np.sin(x / rng.uniform(2.2, 4.0) + a)
        x = x + 3.5 * np.sin(y / rng.uniform(2.2, 4.0) + b)
    rows, columns = (np.clip(v.round(), 0, 63).astype(int) for v in (y, x))
    melted = background(scene.place, scene.time).copy()
    window = _window(scene)
    melted[window] = picture[rows, columns][window]
    return melted


def _two_headed(scene: Scene, _pool: Pool, rng: np.random.Generator) -> Pixels:
    """Join a half with its own mirror image: two heads, or two tails."""
    picture = render(scene)
    box = picture[_window(scene)]
    half = scene.size // 2
    if rng.random() < HALF:
        box[:, half:] = box[:, :half][:, ::-1].copy()
    else:
        box[:, :half] = box[:, half:][:, ::-1].copy()
    return picture


def _beheaded(scene: Scene, _pool: Pool, rng: np.random.Generator) -> Pixels:
    """Take the front of the subject away."""
    picture, empty = render(scene), background(scene.place, scene.time)
    rows, columns = _window(scene)
    cut = int(scene.size * rng.uniform(0.3, 0.45))
    # drawn facing right; a mirrored one has its head on the left
    lost = slice(columns.start, columns.start + cut)
    if not scene.mirrored:
        lost = slice(columns.stop - cut, columns.stop)
    picture[rows, lost] = empty[rows, lost]
    return picture


def _doubled(scene: Scene, _pool: Pool, rng: np.random.Generator) -> Pixels:
    """Mix patches of the same subject standing in two places, as an undecided model does."""
    away = GRID if scene.left + GRID + scene.size <= SIDE else -GRID
    other = render(replace(scene, left=scene.left + away))
    picture = render(scene)
    for y in range(0, SIDE, GRID):
        for x in range(0, SIDE, GRID):
            if rng.random() < HALF:
                picture[y : y + GRID, x : x + GRID] = other[y : y + GRID, x : x + GRID]
    return picture


BREAKERS: dict[str, Callable[[Scene, Pool, np.random.Generator], Pixels]] = {
    "nobody": _nobody,
    "smeared": _smeared,
    "shuffled": _shuffled,
    "chimera": _chimera,
    "melted": _melted,
    "two-headed": _two_headed,
    "beheaded": _beheaded,
    "doubled": _doubled,
}
"""Every way to break a subject."""

FRONTAL = ("two-headed", "beheaded")
"""Those that only a subject with a front and a back can suffer."""


def anywhere(scene: Scene, rng: np.random.Generator) -> Scene:
    """Put the same subject at another size and place: a referee must not learn the grid."""
    size = tuple(SIZES)[int(rng.integers(len(SIZES)))]
    left = int(rng.integers(4, 64 - size - 3))
    return Scene(
        scene.subject, scene.colour, scene.place, scene.time, size, left, bool(rng.integers(2))
    )


BREAKERS = {
    "nobody": _nobody,
    "smeared": _smeared,
    "shuffled": _shuffled,
    "melted": _melted,
    "doubled": _doubled,
    "two-headed": _two_headed,
    "beheaded": _beheaded,
}
"""The ways to break a subject that need no other subject, by name."""
