"""A family never seen is driven by its prompts, or refused by name."""

from __future__ import annotations

import diffusers
import pytest
from drawing import child, distance, draw, generator, shot
from tiny import tiny

from cohp.errors import BadInput
from cohp.pipelines.families import family_of


class NewPipeline(diffusers.StableDiffusionPipeline):
    """Stands for a family that came out yesterday."""


class PackedPipeline(diffusers.FluxPipeline):
    """Stands for one whose latents nobody here can read."""


@pytest.fixture
def new():
    return NewPipeline(**tiny("sd15").components, requires_safety_checker=False)


def test_it_draws_and_refines_like_the_family_it_is_of(new):
    drawer, known = generator("new", pipeline=new, guidance=5.0), generator("sd15", guidance=5.0)
    assert family_of(new).name == "unknown (NewPipeline)"
    ours = draw(drawer, shot("new", 1, negative="dull"), shot("new", 2, negative="dull"))
    theirs = draw(known, shot("sd15", 1, negative="dull"), shot("sd15", 2, negative="dull"))
    for one, other in zip(ours, theirs, strict=True):
        assert distance(one.latents, other.latents) <= 1e-5
    (refined,) = draw(drawer, child(ours[0], 5, 0.5), parents=ours[:1])
    (expected,) = draw(known, child(theirs[0], 5, 0.5), parents=theirs[:1])
    assert distance(refined.latents, expected.latents) <= 1e-5


def test_its_prompts_are_drawn_each_by_itself(new, monkeypatch):
    drawer = generator("new", pipeline=new)
    shots = [shot("new", seed, prompt=prompt) for seed, prompt in enumerate("aba")]
    alone = [draw(drawer, each)[0] for each in shots]
    asked = []
    encode = new.encode_prompt
    monkeypatch.setattr(
        new,
        "encode_prompt",
        lambda prompt, *rest, **more: asked.append(prompt) or encode(prompt, *rest, **more),
    )
    together = draw(drawer, *shots)
    assert asked == [["a", "a"], ["b"]]
    assert [each.shot for each in together] == shots
    for one, other in zip(together, alone, strict=True):
        assert distance(one.latents, other.latents) <= 1e-5


def test_its_text_encoders_must_stay(new):
    with pytest.raises(BadInput, match="option text_encoders: CoHP does not know NewPipeline"):
        generator("new", pipeline=new, options={"text_encoders": "release"})


def test_latents_of_an_unknown_shape_are_refused():
    pipe = PackedPipeline(
        **{
            name: part
            for name, part in tiny("flux-dev").components.items()
            if name not in {"image_encoder", "feature_extractor"}
        }
    )
    with pytest.raises(BadInput, match="does not know PackedPipeline, and cannot drive it"):
        draw(generator("packed", pipeline=pipe), shot("packed"))


def test_a_pipeline_that_needs_an_image_is_refused():
    pipe = diffusers.StableDiffusionInpaintPipeline(
        **tiny("sd15").components, requires_safety_checker=False
    )
    with pytest.raises(BadInput, match="StableDiffusionInpaintPipeline takes mask_image"):
        generator("inpaint", pipeline=pipe)


def test_a_pipeline_without_what_is_needed_is_refused_by_name():
    unet = tiny("sd15").unet
    pipe = diffusers.DDPMPipeline(unet=unet, scheduler=diffusers.DDPMScheduler())
    with pytest.raises(BadInput, match=r"does not know DDPMPipeline .* lacks prompt, height"):
        generator("ddpm", pipeline=pipe)
