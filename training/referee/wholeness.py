"""How whole a drawn subject is: its worst patch beside the nearest true rendering of the prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from training.world.render import Pixels, background, sprite
from training.world.scene import FOOT, SIDE, SIZES, Scene

LIMIT = 0.073
"""The fault up to which a subject is whole; `training.referee.calibrate` shows what it parts."""

PATCH = 5  # pixels: what is wrong in fewer is grain
SOFT = 0.7  # pixels of blur that take the edge off grain
DRIFT = 3  # pixels that a subject may stand above or below its line
INSIDE, AROUND = 1, 3  # pixels that a colour may be away from its place, in a subject and beside it
RING = 8  # pixels around a subject where no second one may be
LIKELY = 2  # of four sizes and sides, how many are looked at closely
GAIN, LIFT = 0.1, 0.08  # how far a picture may be tinted
GRAIN = 0.01  # how much of the difference may be everywhere


def seen(images: Sequence[Image.Image]) -> Tensor:
    """Return pictures of any size as the referee sees them: (n, 3, 64, 64) in 0..1."""
    small = (image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX) for image in images)
    return torch.stack(
        [_tensor(np.asarray(each, dtype=np.float32) / np.float32(255)) for each in small]
    )


@torch.no_grad()
def fault(picture: Tensor, scene: Scene) -> float:
    """Return how far the worst patch of a scene's subject is from any true rendering of it.

    Only what the scene's caption says counts: size, side and place to stand are those of the
    nearest true rendering. 0 is perfect; from about 0.1 on a person sees that something is off.
    """
    return min(
        _distance(_soft(picture), true, subject) for true, subject in _nearest(picture, scene)
    )


def whole(picture: Tensor, scene: Scene) -> bool:
    """Say whether a scene's subject is all there, once, and in its true shape and colour."""
    return fault(picture, scene) <= LIMIT


def _nearest(picture: Tensor, scene: Scene) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the likeliest true renderings, softened, each with its subject's silhouette."""
    found = []
    for size in SIZES:
        top = FOOT - size - DRIFT
        strip = picture[None, :, top : top + size + 2 * DRIFT]
        for mirrored in (False, True):
            stance = replace(scene, size=size, mirrored=mirrored)
            colour, _, inside = _sprite(stance)
            # The sum of (picture - colour)^2 over the silhouette, at every place at once.
            kernel = torch.cat([inside.expand(3, -1, -1), -2 * colour * inside])[None]
            apart = functional.conv2d(torch.cat([strip.square(), strip], dim=1), kernel)[0, 0]
            apart = (apart + (inside * colour.square()).sum()) / inside.sum()
            row, left = divmod(int(apart.argmin()), apart.shape[1])
            found.append((float(apart.min()), top + row, replace(stance, left=left)))
    found.sort(key=lambda each: each[0])
    for _, top, stance in found[:LIKELY]:
        yield _truth(stance, top)


def _truth(scene: Scene, top: int) -> tuple[Tensor, Tensor]:
    colour, through, inside = _sprite(scene)
    picture = _tensor(background(scene.place, scene.time)).clone()
    window = slice(top, top + scene.size), slice(scene.left, scene.left + scene.size)
    picture[:, *window] = picture[:, *window] * through + colour
    subject = torch.zeros(1, SIDE, SIDE)
    subject[:, *window] = inside
    return _soft(picture.clamp(0, 1)), subject


def _distance(picture: Tensor, true: Tensor, subject: Tensor) -> float:
    """Return the worst patch: inside the subject, or beside it where nothing of it belongs."""
    picture = _untinted(picture, true, _grown(subject, RING // 2))
    inside = subject[0] > 0
    around = (_grown(subject, RING)[0] > 0) & ~inside
    # Both ways, because a colour that is missing has none in its place that is foreign.
    within = (_apart(picture, true, INSIDE) + _apart(true, picture, INSIDE)) / 2
    return max(_worst(within, inside), _worst(_apart(picture, true, AROUND), around))


def _untinted(picture: Tensor, true: Tensor, where: Tensor) -> Tensor:
    """Undo what a line of small slope, a channel, explains of the difference."""
    have, want = (each[:, where[0] > 0] for each in (picture, true))
    middle, wanted = (each.mean(dim=1, keepdim=True) for each in (have, want))
    spread = (have - middle).square().sum(dim=1).clamp_min(1e-6)
    gain = ((have - middle) * (want - wanted)).sum(dim=1) / spread
    gain = gain.clamp(1 - GAIN, 1 + GAIN)[:, None]
    lift = (wanted - gain * middle).clamp(-LIFT, LIFT)
    return picture * gain[..., None] + lift[..., None]


def _apart(picture: Tensor, other: Tensor, reach: int) -> Tensor:
    """Return each pixel's distance to the most alike of another picture's within reach."""
    padded = functional.pad(other[None], (reach,) * 4, mode="replicate")[0]
    places = range(2 * reach + 1)
    shifted = (padded[:, y : y + SIDE, x : x + SIDE] for y in places for x in places)
    nearest = torch.full((SIDE, SIDE), torch.inf)
    for moved in shifted:
        nearest = torch.minimum(nearest, (picture - moved).abs().mean(dim=0))
    return nearest


def _worst(apart: Tensor, where: Tensor) -> float:
    """Return the highest average of a patch, less what is everywhere."""
    patches = functional.avg_pool2d(apart[None], PATCH, 1, PATCH // 2, count_include_pad=False)
    return float(patches[0][where].max()) - min(float(apart[where].median()), GRAIN)


def _grown(subject: Tensor, pixels: int) -> Tensor:
    return functional.max_pool2d(subject[None], 2 * pixels + 1, 1, pixels)[0]


def _soft(picture: Tensor) -> Tensor:
    line = torch.exp(-torch.arange(-3, 4).square() / (2 * SOFT**2))
    kernel = (line[:, None] * line / line.sum().square()).expand(3, 1, 7, 7)
    padded = functional.pad(picture[None], (3,) * 4, mode="replicate")
    return functional.conv2d(padded, kernel, groups=3)[0]


def _sprite(scene: Scene) -> tuple[Tensor, Tensor, Tensor]:
    return _cached_sprite(scene.subject, scene.colour, scene.time, scene.size, scene.mirrored)


@cache
def _cached_sprite(
    subject: str, colour: str, time: str, size: int, mirrored: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return a sprite's premultiplied colour, what shows through, and its silhouette."""
    paint, through = (_tensor(each) for each in sprite(subject, colour, time, size, mirrored))
    return paint, through, (through < 0.5).float()  # noqa: PLR2004 - mostly opaque


def _tensor(pixels: Pixels) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
