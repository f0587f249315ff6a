"""What a refined image starts from: its own parent, held, read back, or encoded."""

from __future__ import annotations

import numpy as np
import pytest
from drawing import child, draw, generator, shot
from PIL import Image

from cohp.errors import BadInput
from cohp.types import Drawn


def test_each_refined_image_starts_from_its_own_parent():
    drawer = generator("sd15")
    parents = draw(drawer, shot("sd15", 1), shot("sd15", 2))
    refined = draw(drawer, *(child(each, 9, 0.25) for each in parents), parents=parents)
    for parent, other, own in zip(parents, parents[::-1], refined, strict=True):
        near = np.square(own.latents - parent.latents).mean()
        assert near < np.square(own.latents - other.latents).mean()


def test_latents_on_disk_are_as_good_as_those_still_held():
    parents = draw(generator("sd15"), shot("sd15", 1))
    drawer, resumed = generator("sd15"), generator("sd15")
    draw(drawer, shot("sd15", 1))
    refined = child(parents[0], 5, 0.5)
    (held,) = draw(drawer, refined, parents=parents)
    (read,) = draw(resumed, refined, parents=parents)
    assert np.array_equal(held.latents, read.latents)


def test_a_parent_of_another_size_is_brought_to_this_one():
    parent = Drawn(shot("hosted", width=100, height=40), Image.new("RGB", (100, 40), "teal"))
    (drawn,) = draw(
        generator("sd15"),
        child(parent, 5, 0.5, model="sd15", width=64, height=64),
        parents=[parent],
    )
    assert drawn.image.size == (64, 64)


def test_a_parent_may_be_taken_up_at_two_sizes():
    drawer = generator("sd15")
    parent = Drawn(shot("hosted"), Image.new("RGB", (64, 64), "teal"))
    for width in (64, 96):
        asked = child(parent, 5, 0.5, model="sd15", width=width)
        assert draw(drawer, asked, parents=[parent])[0].image.size == (width, 64)


def test_latents_of_another_model_mean_nothing_even_if_they_fit():
    (own,) = draw(generator("sd15"), shot("sd15", 1))
    (foreign,) = draw(generator("sdxl"), shot("sdxl", 1))
    assert foreign.latents.shape == own.latents.shape
    asked = child(foreign, 5, 0.25, model="sd15")
    (refined,) = draw(generator("sd15"), asked, parents=[foreign])
    bare = Drawn(foreign.shot, foreign.image)
    (encoded,) = draw(generator("sd15"), asked, parents=[bare])
    assert np.array_equal(refined.latents, encoded.latents)


def test_a_parent_that_is_missing_is_named():
    (parent,) = draw(generator("sd15"), shot("sd15"))
    with pytest.raises(BadInput, match=parent.shot.id):
        draw(generator("sd15"), child(parent, 5, 0.5))
