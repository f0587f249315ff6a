"""Spoils pictures in many ways, each by as much as is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

from training.referee.damage import BREAKERS, LOPSIDED
from training.reward.truth import moved
from training.world.render import Pixels, render
from training.world.scene import GRID, SIDE, Scene, combinations

Flaw = Callable[[Pixels, Scene, float, np.random.Generator], Pixels]
LEAST = 0.35  # of a break: less of it is a ghost that nobody sees


@cache
def _pool() -> list[tuple[str, str, str, str]]:
    return combinations(held=False)


def _image(picture: Pixels) -> Image.Image:
    return Image.fromarray((np.clip(picture, 0, 1) * 255).round().astype(np.uint8), "RGB")


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _blur(picture: Pixels, _scene: Scene, much: float, _rng: np.random.Generator) -> Pixels:
    return _pixels(_image(picture).filter(ImageFilter.GaussianBlur(0.5 + 3.5 * much)))


def _noise(picture: Pixels, _scene: Scene, much: float, rng: np.random.Generator) -> Pixels:
    """Add grain, each pixel's own or in small clumps."""
    grain = rng.standard_normal(picture.shape, dtype=np.float32)
    if rng.random() < 0.5:  # noqa: PLR2004 -- as often as not
        grain = (grain + np.roll(grain, 1, 0) + np.roll(grain, 1, 1)) / np.float32(1.7)
    return picture + np.float32(0.02 + 0.2 * much) * grain


def _tint(picture: Pixels, _scene: Scene, much: float, rng: np.random.Generator) -> Pixels:
    """Colour the whole picture, or take the colours for one another."""
    if rng.random() < 0.5:  # noqa: PLR2004 -- as often as not
        return picture * (1 + (0.1 + 0.5 * much) * rng.uniform(-1, 1, 3)).astype(np.float32)
    turned = picture[..., rng.permutation([[1, 2, 0], [2, 0, 1], [1, 0, 2]])[0]]
    return picture + np.float32(0.1 + 0.9 * much) * (turned - picture)


def _faded(picture: Pixels, _scene: Scene, much: float, rng: np.random.Generator) -> Pixels:
    """Take colour or contrast away, or overdo it."""
    middle = picture.mean(axis=-1, keepdims=True)
    if rng.random() < 0.5:  # noqa: PLR2004 -- as often as not
        middle = middle.mean() + np.zeros_like(middle)
    share = (0.15 + 0.75 * much) * float(rng.choice([-1, 1]))
    return picture + np.float32(share) * (middle - picture)


def _coarse(picture: Pixels, _scene: Scene, much: float, rng: np.random.Generator) -> Pixels:
    """Enlarge too small a picture, or pack it too tightly."""
    image = _image(picture)
    if rng.random() < 0.5:  # noqa: PLR2004 -- as often as not
        held = BytesIO()
        image.save(held, "JPEG", quality=int(45 - 40 * much))
        return _pixels(Image.open(held))
    side = int(SIDE / (1.3 + 2.7 * much))
    how = Image.Resampling.NEAREST if rng.random() < 0.5 else Image.Resampling.BILINEAR  # noqa: PLR2004
    return _pixels(image.resize((side, side), Image.Resampling.BOX).resize((SIDE, SIDE), how))


def _ghost(picture: Pixels, scene: Scene, much: float, rng: np.random.Generator) -> Pixels:
    """Lay the same subject over it, standing elsewhere: a model that could not decide."""
    share = np.float32(0.15 + 0.4 * much)
    return picture + share * (render(moved(scene, rng)) - picture)


def _patched(picture: Pixels, scene: Scene, much: float, rng: np.random.Generator) -> Pixels:
    """Take some patches from another picture: the same subject elsewhere, or anything."""
    other = moved(scene, rng)
    if rng.random() < 0.5:  # noqa: PLR2004 -- as often as not
        other = moved(Scene(*_pool()[int(rng.integers(len(_pool())))]), rng)
    layer, out = render(other), picture.copy()
    for y in range(0, SIDE, GRID):
        for x in range(0, SIDE, GRID):
            if rng.random() < 0.05 + 0.45 * much:
                out[y : y + GRID, x : x + GRID] = layer[y : y + GRID, x : x + GRID]
    return out


def _unfinished(picture: Pixels, scene: Scene, much: float, rng: np.random.Generator) -> Pixels:
    """Mix in what a model guesses from noise, an average of pictures, and some of the noise."""
    guess = np.mean([render(moved(scene, rng)) for _ in range(4)], axis=0)
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    share = np.float32(0.2 + 0.75 * much)
    return picture + share * (guess - picture) + np.float32(0.15 * much) * noise


def _breaking(name: str) -> Flaw:
    def flaw(picture: Pixels, scene: Scene, much: float, rng: np.random.Generator) -> Pixels:
        spoilt = BREAKERS[name](scene, [], rng)
        return picture + np.float32(LEAST + (1 - LEAST) * much) * (spoilt - picture)

    return flaw


FLAWS: dict[str, Flaw] = {
    "blur": _blur,
    "noise": _noise,
    "tint": _tint,
    "faded": _faded,
    "coarse": _coarse,
    "ghost": _ghost,
    "patched": _patched,
    "unfinished": _unfinished,
    **{name: _breaking(name) for name in BREAKERS},
}
PLAIN = ("blur", "noise", "tint", "faded", "coarse")  # leave everything recognisable
ONE_WAY = ("two-headed", "beheaded")  # need a front and a back
HARD = ("ghost", "patched", "doubled", *ONE_WAY)  # shown twice as often: what models get wrong


def spoil(
    name: str, picture: Pixels, scene: Scene, much: float, rng: np.random.Generator
) -> Pixels:
    """Return the picture of a scene with a flaw, much of it (1) or little (0)."""
    return np.clip(FLAWS[name](picture, scene, much, rng), 0, 1).astype(np.float32)


def possible(scene: Scene) -> list[str]:
    """List the flaws that show on a scene's subject; how several break, nobody has drawn."""
    if scene.count != "one":
        return [name for name in FLAWS if name not in BREAKERS]
    return [name for name in FLAWS if scene.subject in LOPSIDED or name not in ONE_WAY]
