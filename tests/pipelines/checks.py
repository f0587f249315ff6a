"""What each family has to do, for tests of families and of schedulers under them."""

from __future__ import annotations

import numpy as np
import torch
from drawing import CLOSE, PROMPT, SIDE, child, distance, draw, generator, shot
from tiny import tiny

from cohp.pipelines.noise import noise

# What a pipeline's own call needs to draw as ours does.
OWN = {
    "qwen-image": {"negative_prompt": " "},
    "flux-schnell": {"max_sequence_length": 256},
    "pixart": {"use_resolution_binning": False, "clean_caption": False},
    "sana": {"use_resolution_binning": False},
    "hunyuan-dit": {"use_resolution_binning": False},
}


def levels(image):
    return np.asarray(image, dtype=np.int16)


def own_call(name, pipe, **changes):
    """Call a pipeline as its users do."""
    plain = {
        "prompt": PROMPT,
        "width": SIDE,
        "height": SIDE,
        "num_inference_steps": 4,
        "generator": [torch.Generator().manual_seed(7)],
    }
    return pipe(**{**plain, **OWN.get(name, {}), **changes})


def draws_what_its_pipeline_draws(name):
    (drawn,) = draw(generator(name), shot(name, 7))
    own = own_call(name, tiny(name)).images[0]
    assert drawn.image.size == own.size == (SIDE, SIDE)
    assert np.abs(levels(drawn.image) - levels(own)).max() <= 1


def refines_nearer_to_its_parent_the_less_strength(name):
    drawer = generator(name)
    (parent,) = draw(drawer, shot(name, 1, steps=10))
    shots = [child(parent, 5, strength) for strength in (0.1, 0.5, 1.0)]
    refined = [draw(drawer, each, parents=[parent])[0] for each in shots]
    starts = [each.true_start for each in refined]
    assert starts == sorted(starts)
    assert all(0 < start < 1 for start in starts)
    apart = [float(np.square(each.latents - parent.latents).mean()) for each in refined]
    assert 0 < apart[0] < apart[2]
    assert all(each.image.size == (SIDE, SIDE) for each in refined)


def two_parts_are_one_part(name):
    drawer = generator(name)
    denoiser = drawer._denoiser
    shots = [shot(name, 1, steps=6), shot(name, 2, steps=6)]
    with torch.inference_mode():
        call = drawer._call(shots, 6)
        fresh = noise(call.generators, denoiser.shape(SIDE, SIDE))
        whole, _ = denoiser.run(call, fresh)
        again = drawer._call(shots, 6)
        noise(again.generators, denoiser.shape(SIDE, SIDE))  # the generators stand as they did
        half, carry = denoiser.run(again, fresh, 0, 2)
        done, _ = denoiser.run(again, half, 2, carry=carry)
    assert distance(half, whole) > 1e-3
    assert distance(done, whole) <= CLOSE
