"""What a prompt becomes before the first step, and whether its negative and guidance count."""

from __future__ import annotations

import numpy as np
import pytest
from diffusers import Flux2KleinPipeline, LCMScheduler, StableDiffusionPipeline
from drawing import PROMPT, child, distance, draw, generator, shot
from tiny import tiny
from tiny.unet import unet

from cohp.pipelines.families import family_of
from cohp.pipelines.families.words import Words


def test_pixart_keeps_no_more_padding_than_the_longer_of_its_prompts_needs():
    pipe = tiny("pixart")
    told = family_of(pipe).encode(pipe, Words(PROMPT, "blurred and far away", guided=True))
    read = [int(told[name].sum()) for name in told if name.endswith("mask")]
    assert len(told) == 4
    assert {value.shape[1] for value in told.values()} == {max(read)}


def test_a_negative_prompt_that_counts_for_nothing_is_said():
    (silent,) = draw(generator("flux-dev"), shot("flux-dev", negative="blurred"))
    assert "negative prompt has no effect" in silent.facts["note"]
    (plain,) = draw(generator("flux-dev"), shot("flux-dev"))
    assert distance(silent.latents, plain.latents) == 0
    second = generator("flux-dev", options={"call": {"true_cfg_scale": 3.0}})
    (told,) = draw(second, shot("flux-dev", negative="blurred"))
    assert "note" not in told.facts
    assert distance(told.latents, plain.latents) > 1e-3


def test_distilled_models_draw_without_a_negative_prompt_and_say_so():
    consistent = StableDiffusionPipeline(
        **{
            **tiny("sd15").components,
            "unet": unet(time_cond_proj_dim=8),
            "scheduler": LCMScheduler.from_config(tiny("sd15").scheduler.config),
            "safety_checker": None,
        },
        requires_safety_checker=False,
    )
    distilled = Flux2KleinPipeline(**tiny("flux2-klein").components, is_distilled=True)
    for name, pipe in (("lcm", consistent), ("klein", distilled)):
        drawer = generator(name, pipeline=pipe)
        (drawn,) = draw(drawer, shot(name, guidance=4.0, negative="blurred"))
        assert "negative prompt has no effect" in drawn.facts["note"]
        (alone,) = draw(drawer, shot(name, guidance=4.0))
        assert distance(drawn.latents, alone.latents) == 0
        (refined,) = draw(drawer, child(alone, 5, 0.5), parents=[alone])
        assert np.isfinite(refined.latents).all()


@pytest.mark.parametrize("name", ["sd15", "sdxl", "sd3", "qwen-image", "z-image", "pixart", "sana"])
def test_a_negative_prompt_counts(name):
    drawer = generator(name, guidance=6.0)
    plain, told = draw(drawer, shot(name), shot(name, negative="a blurred picture of a house"))
    assert distance(plain.latents, told.latents) > 1e-7
    assert "note" not in told.facts


def test_guidance_of_the_shot_goes_before_that_of_the_model():
    (weak,) = draw(generator("sd15", guidance=1.0), shot("sd15"))
    (strong,) = draw(generator("sd15", guidance=1.0), shot("sd15", guidance=9.0))
    (same,) = draw(generator("sd15", guidance=9.0), shot("sd15"))
    assert distance(strong.latents, same.latents) == 0
    assert distance(strong.latents, weak.latents) > 1e-5
