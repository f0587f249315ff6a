from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import training.referee
from training.referee.damage import BREAKERS
from training.referee.net import Referee
from training.referee.verdict import look
from training.referee.wholeness import fault, seen, whole
from training.world.render import picture, render
from training.world.scene import Scene, combinations

FOX = Scene("fox", "orange", "meadow", "day", size=40, left=16)


def as_image(pixels):
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("size", "left", "mirrored"), [(40, 8, False), (32, 24, True), (40, 11, True)]
)
def test_every_true_rendering_is_whole_wherever_it_stands(size, left, mirrored):
    for subject in ("fox", "umbrella", "castle"):
        scene = Scene(subject, "blue", "forest", "night", size, left, mirrored)
        asked = Scene(subject, "blue", "forest", "night")
        assert fault(seen([picture(scene)])[0], asked) < 0.02


def test_a_pixel_a_tint_and_a_little_grain_are_no_fault():
    pixels = np.roll(render(FOX), (1, -1), (0, 1)) * [1.05, 0.96, 1.0] + 0.02
    grain = np.random.default_rng(1).normal(0, 0.02, pixels.shape)
    assert whole(seen([as_image(pixels + grain)])[0], FOX)


def test_a_picture_of_twice_the_size_is_judged_alike():
    assert whole(seen([picture(FOX, zoom=2)])[0], FOX)


@pytest.mark.parametrize("kind", BREAKERS)
def test_a_broken_subject_is_not_whole(kind):
    rng = np.random.default_rng(3)
    broken = BREAKERS[kind](FOX, combinations(held=True), rng)
    assert not whole(seen([as_image(broken)])[0], FOX)


@pytest.mark.parametrize("change", [{"subject": "cat"}, {"colour": "blue"}])
def test_another_subject_or_colour_is_not_whole(change):
    assert not whole(seen([picture(replace(FOX, **change))])[0], FOX)


def test_a_picture_is_right_when_it_is_named_and_whole():
    referee = Referee.load(Path(training.referee.__file__).with_name("weights.safetensors"))
    night = replace(FOX, time="night")
    half = render(FOX)
    half[16:36, 36:56] = 0.5
    found = look(referee, seen([picture(FOX), picture(night), as_image(half)]), [FOX, FOX, FOX])
    assert [each.right for each in found] == [True, False, False]
    assert [each.time for each in found] == [True, False, True]
    assert not found[2].whole
