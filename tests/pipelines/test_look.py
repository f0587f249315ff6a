"""How a picture looks in numbers, and colours that follow the parent's."""

from __future__ import annotations

import numpy as np
import torch
from drawing import child, draw, generator, shot

from cohp.pipelines.look import look


def test_the_look_of_a_picture():
    black, red = torch.zeros(3, 8, 8), torch.zeros(3, 8, 8)
    red[0] = 1
    checks = torch.zeros(3, 8, 8)
    checks[:, ::2, ::2] = checks[:, 1::2, 1::2] = 1
    assert set(look(black).values()) == {0.0}
    assert look(red) == {
        "brightness": 0.2126,
        "contrast": 0.0,
        "saturation": 1.0,
        "sharpness": 0.0,
    }
    assert look(checks)["contrast"] == 0.5
    assert look(checks)["sharpness"] > 1
    assert look(torch.ones(3, 1, 5))["sharpness"] == 0.0


def test_every_image_says_how_it_looks():
    (drawn,) = draw(generator("sd15"), shot("sd15"))
    assert set(drawn.facts["look"]) == {"brightness", "contrast", "saturation", "sharpness"}


def test_colours_are_those_of_the_parent_if_asked():
    matching = generator("mini", options={"match_colours": True})
    (parent,) = draw(generator("mini"), shot("mini", 1))
    (plain,) = draw(generator("mini"), child(parent, 5, 0.75), parents=[parent])
    (matched,) = draw(matching, child(parent, 5, 0.75), parents=[parent])
    wanted = parent.latents.mean((1, 2))
    assert np.allclose(matched.latents.mean((1, 2)), wanted, atol=1e-5)
    assert not np.allclose(plain.latents.mean((1, 2)), wanted, atol=1e-3)
    # What is seen is what the next round starts from.
    with torch.inference_mode():
        seen = matching._autoencoder.decode(torch.from_numpy(matched.latents))
    assert torch.allclose(seen, matched.pixels, atol=0.01)
