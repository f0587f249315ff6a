"""Scenes turned into pixels, from cached backgrounds and cached sprites."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.world.easel import Easel, shrink
from training.world.palette import LIGHTS, PAINTS
from training.world.places import PLACES, toner
from training.world.scene import FOOT, SIDE, Scene
from training.world.skies import adorn, fall, sky
from training.world.subjects import DRAW

Pixels = NDArray[np.float32]


@cache
def background(place: str, time: str, zoom: int = 1) -> Pixels:
    """Return a place at a time without anybody in it, 0..1, `zoom` times as large as a scene."""
    canvas = sky(time)
    adorn(canvas, time)
    PLACES[place](canvas, toner(time), time)
    fall(canvas, time)
    small = canvas.image.resize((SIDE * zoom, SIDE * zoom), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32) / np.float32(255)


@cache
def drawing(subject: str, colour: str) -> Image.Image:
    """Return a subject in a colour, large, its surroundings transparent."""
    easel, paint = Easel(), PAINTS[colour]
    DRAW[subject](easel, paint)
    return easel.finish(paint.line)


@cache
def _sprite(subject: str, colour: str, size: int) -> Pixels:
    return shrink(drawing(subject, colour), size)


@cache
def sprite(
    subject: str, colour: str, time: str, size: int, mirrored: bool
) -> tuple[Pixels, Pixels]:
    """Return a small subject in a time's light: premultiplied colour, and what shows through."""
    small = _sprite(subject, colour, size)
    small = small[:, ::-1] if mirrored else small
    light = np.asarray(LIGHTS[time].subject, dtype=np.float32)
    return np.ascontiguousarray(small[..., :3] * light), np.ascontiguousarray(1 - small[..., 3:])


def render(scene: Scene, zoom: int = 1) -> Pixels:
    """Return the picture of a scene: height, width, colour in 0..1; finer where `zoom` is more."""
    picture = background(scene.place, scene.time, zoom).copy()
    size, top = scene.size * zoom, (FOOT - scene.size) * zoom
    colour, through = sprite(scene.subject, scene.colour, scene.time, size, scene.mirrored)
    for left in scene.lefts:
        window = picture[top : top + size, left * zoom : left * zoom + size]
        window *= through
        window += colour
    return np.clip(picture, 0, 1)


def picture(scene: Scene, zoom: int = 1) -> Image.Image:
    """Return the picture of a scene for people to look at."""
    return Image.fromarray((render(scene, zoom) * 255).round().astype(np.uint8), "RGB")
