"""What a picture truly shows: the nearest rendering of the world, and how far from it it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohp.mini.vocabulary import COLOURS, COUNTS, PLACES, SUBJECTS, TIMES
from training.world.render import Pixels, background, render
from training.world.scene import FOOT, SIDE, TOGETHER, Scene

HALF = 2  # the search is done at half size: four times cheaper, and deaf to grain
DOUBT = 0.012  # root mean square beyond the nearest at which belief falls to a third
NOBODY = "nobody"
CELL = 16  # pixels that the judge sees as one token
PLACEMENTS: list[dict[str, Any]] = [
    {"count": count, "size": size, "left": left, "mirrored": mirrored}
    for count, sizes in TOGETHER.items()
    for size, lefts in sizes.items()
    for left, mirrored in product(lefts, (False, True))
]
"""Every way to stand in a scene."""

PAINTED = list(product(SUBJECTS, COLOURS))
VALUES = {
    "subject": (*SUBJECTS, NOBODY),
    "colour": tuple(COLOURS),
    "place": tuple(PLACES),
    "time": tuple(TIMES),
    "count": tuple(COUNTS),
}
"""What can be seen of each attribute."""

GROUNDS = list(product(PLACES, TIMES))
BOX = 40 * 40 * 3 / HALF**2  # numbers in the largest subject's box


@dataclass(frozen=True)
class Seen:
    """What a picture shows, as a person who knows the world would see it.

    `belief` says for each attribute how far each value is believed; `scene` is the nearest true
    one. From that one's rendering the picture differs by `box` (the subject's box) and `around`
    (the rest), root mean squares without fine grain, and by `grain`, which is the rest. `where`
    has both, without grain and grain, for each cell of 16 pixels: (16, 2).
    """

    scene: Scene
    belief: dict[str, dict[str, float]]
    box: float
    around: float
    grain: float
    where: NDArray[np.float32]


def look(picture: Pixels) -> Seen:
    """Find out what a picture of 64 pixels, 0..1, shows."""
    small = halved(picture)
    ground = _rms((small - _grounds())[:, _bare()].reshape(len(GROUNDS), -1))
    trust = _softmin(ground)
    place, time = GROUNDS[int(ground.argmin())]
    distance = _distances(small, place, time)
    nobody = float(np.square(small - _ground(place, time)).sum())
    rms = np.sqrt(np.maximum([*distance.min(axis=0), nobody], 0) / BOX)
    sprites = rms[:-1].reshape(len(SUBJECTS), len(COLOURS))
    who = _softmin(np.array([*sprites.min(axis=1), rms[-1]]))
    paint = _softmin(sprites.min(axis=0)) * (1 - who[-1])
    trusted = trust.reshape(len(PLACES), len(TIMES))
    which, painted = np.unravel_index(int(distance.argmin()), distance.shape)
    scene = _scene(int(which), int(painted), place, time)
    shares = (who, paint, trusted.sum(axis=1), trusted.sum(axis=0), _counted(distance))
    belief = {
        name: dict(zip(values, share.tolist(), strict=True))
        for (name, values), share in zip(VALUES.items(), shares, strict=True)
    }
    return Seen(scene, belief, *faults(picture, scene))


def told(picture: Pixels, scene: Scene) -> Seen:
    """Return what a picture shows whose scene is known and still plain to see."""
    belief = {
        name: {value: float(value == getattr(scene, name)) for value in values}
        for name, values in VALUES.items()
    }
    return Seen(scene, belief, *faults(picture, scene))


def faults(picture: Pixels, scene: Scene) -> tuple[float, float, float, NDArray[np.float32]]:
    """Return how far a picture is from a scene's rendering: in the box, around, in grain, where."""
    away = picture - render(scene)
    soft = _softened(_softened(away))
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[FOOT - scene.size : FOOT, scene.left : scene.right] = True
    grain = away - soft
    rms = [np.sqrt(np.square(part).mean()) for part in (soft[inside], soft[~inside], grain)]
    where = np.stack([_by_cell(soft), _by_cell(grain)], axis=1)
    return float(rms[0]), float(rms[1]), float(rms[2]), where


def _by_cell(values: Pixels) -> NDArray[np.float32]:
    """Return the root mean square in each cell, row after row."""
    side = SIDE // CELL
    cut = np.square(values).reshape(side, CELL, side, CELL, -1)
    return np.asarray(np.sqrt(cut.mean(axis=(1, 3, 4))).reshape(-1), dtype=np.float32)


def halved(picture: Pixels) -> Pixels:
    """Return a picture at half its size."""
    height, width, colours = picture.shape
    cut = picture.reshape(height // HALF, HALF, width // HALF, HALF, colours)
    return np.asarray(cut.mean(axis=(1, 3)), dtype=np.float32)


def _softened(values: Pixels) -> Pixels:
    """Average each pixel with its neighbours, 1 2 1 both ways."""
    for axis in (0, 1):
        wide = np.pad(values, [(1, 1) if a == axis else (0, 0) for a in range(3)], "edge")
        first, middle, last = (
            np.take(wide, range(i, i + values.shape[axis]), axis) for i in (0, 1, 2)
        )
        values = (first + 2 * middle + last) / 4
    return values


def _rms(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.sqrt(np.square(rows, dtype=np.float64).mean(axis=-1))


def _softmin(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(-(distances - distances.min()) / DOUBT)
    return np.asarray(weights / weights.sum())


@cache
def _bare() -> NDArray[np.bool_]:
    """Where no subject ever stands, at half size."""
    bare = np.ones((SIDE // HALF, SIDE // HALF), dtype=bool)
    for which in range(len(PLACEMENTS)):
        bare[_window(which)] = False
    return bare


def _window(which: int) -> tuple[slice, slice]:
    """Where the subjects of a placement stand, at half size."""
    scene = _scene(which, 0, *GROUNDS[0])
    rows, columns = (FOOT - scene.size, FOOT), (scene.left, scene.right)
    return slice(*(r // HALF for r in rows)), slice(*(c // HALF for c in columns))


@cache
def _ground(place: str, time: str) -> Pixels:
    return halved(background(place, time))


@cache
def _grounds() -> Pixels:
    return np.stack([_ground(*each) for each in GROUNDS])


def _scene(which: int, painted: int, place: str, time: str) -> Scene:
    return Scene(*PAINTED[painted], place, time, **PLACEMENTS[which])


@cache
def _templates(place: str, time: str) -> list[tuple[Pixels, NDArray[np.float32]]]:
    """For each placement the subject's box in every painting, a row each, and the rows' squares."""
    found = []
    for which in range(len(PLACEMENTS)):
        window = _window(which)
        rows = np.stack(
            [
                halved(render(_scene(which, painted, place, time)))[window].reshape(-1)
                for painted in range(len(PAINTED))
            ]
        )
        found.append((rows, np.square(rows).sum(axis=1)))
    return found


def _distances(small: Pixels, place: str, time: str) -> NDArray[np.float32]:
    """Return squared distances to every placement (row) of every painting (column)."""
    ground = _ground(place, time)
    rows = []
    for which, (templates, squares) in enumerate(_templates(place, time)):
        window = _window(which)
        seen, whole = small[window].reshape(-1), np.square(small - ground)
        outside = whole.sum() - whole[window].sum()
        rows.append(outside + squares - 2 * templates @ seen + np.square(seen).sum())
    return np.stack(rows)


def _counted(distance: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how far each count is believed, of squared distances to every placement."""
    nearest = distance.min(axis=1)
    of = np.array([each["count"] for each in PLACEMENTS])
    least = np.array([nearest[of == count].min() for count in COUNTS])
    return _softmin(np.sqrt(np.maximum(least, 0) / BOX))


def moved(scene: Scene, rng: np.random.Generator) -> Scene:
    """Return the same scene with as many subjects at another size, place or side."""
    ways = [each for each in PLACEMENTS if each["count"] == scene.count]
    return replace(scene, **ways[int(rng.integers(len(ways)))])
