"""The plan counts what the denoisers compute, with their own guidance and when they refine."""

from __future__ import annotations

import pytest
from drawing import child, draw, generator, shot
from tiny import tiny

from cohp.catalogue import find
from cohp.pipelines.evaluations import evaluations
from cohp.pipelines.speed import denoiser_of

# Of each kind of guidance an entry and a tiny pipeline of its family (PNDM adds a step of its own).
LIKE = {
    "kolors": "kolors",
    "sdxl-turbo": "sdxl-turbo",
    "flux-dev": "flux-dev",
    "flux-schnell": "flux-schnell",
    "flux2-klein": "flux2-klein",
    "sd35-medium": "sd3",
    "qwen-image": "qwen-image",
    "z-image": "z-image",
    "z-image-turbo": "z-image",
    "sana": "sana",
}


def counted(name, work):
    """Count the images that pass through the denoiser of a tiny pipeline."""
    seen = []

    def count(_module, args, named):
        seen.append(len(args[0] if args else named["hidden_states"]))

    hook = denoiser_of(tiny(name)).register_forward_pre_hook(count, with_kwargs=True)
    try:
        return work(), sum(seen)
    finally:
        hook.remove()


@pytest.mark.parametrize(("entry", "name"), LIKE.items())
def test_of_a_model_as_it_is_named(entry, name):
    drawer = generator(name)
    first = shot(entry, 1, steps=4, guidance=find(entry).guidance)
    drawn, seen = counted(name, lambda: draw(drawer, first))
    assert seen == evaluations(first)
    again = child(drawn[0], 2, 0.5)
    _, seen = counted(name, lambda: draw(drawer, again, parents=drawn))
    assert seen == evaluations(again)


def test_what_is_told_of_a_model_by_its_name():
    plain = shot("flux-dev", 1, steps=10, guidance=3.5)
    assert evaluations(plain) == 10
    assert evaluations(shot("flux-dev:call.true_cfg_scale=4", 1, steps=10, guidance=3.5)) == 20
    assert evaluations(shot("sdxl-lightning", 1, steps=4, guidance=5.0)) == 8
    assert evaluations(shot("sdxl", 1, steps=None)) is None
    few = shot("sdxl-turbo", 1, steps=1, guidance=0.0, parent="x", strength=0.5)
    assert evaluations(few) == 2
