"""The generator of all families: sizes, notes, parents, drift, memory and refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import Flux2KleinPipeline, LCMScheduler, StableDiffusionPipeline
from drawing import SIDE, child, distance, draw, generator, shot
from PIL import Image
from tiny import tiny
from tiny.unet import unet

from cohp.errors import BadInput, OutOfMemory
from cohp.pipelines.look import look
from cohp.reward.refusal import refusal
from cohp.types import Drawn


@pytest.mark.parametrize(
    ("name", "multiple"),
    [("sd15", 8), ("sd3", 16), ("mini", 8), ("flux-dev", 16), ("cogview4", 16), ("sana", 32)],
)
def test_a_size_that_cannot_be_drawn_is_refused_with_those_that_can(name, multiple):
    refused = shot(name, width=SIDE + multiple // 2, height=SIDE)
    said = f"multiples of {multiple}; {SIDE + multiple // 2}x64 is none"
    with pytest.raises(BadInput, match=said) as caught:
        draw(generator(name), refused)
    assert f"64x64 or {SIDE + multiple}x{SIDE + multiple}" in str(caught.value)


@pytest.mark.parametrize("name", ["sdxl", "flux-dev", "hidream", "hunyuan-dit", "lumina2"])
def test_other_shapes_than_a_square_are_drawn_as_asked(name):
    # HiDream's tiny transformer has room for 64x64 alone.
    (drawn,) = draw(generator(name), shot(name, width=96, height=32))
    assert drawn.image.size == (96, 32)


def test_hidream_says_what_is_too_large():
    with pytest.raises(BadInput, match="at most 4096 pixels, 128x128 are 16384"):
        draw(generator("hidream"), shot("hidream", width=128, height=128))


def test_pixels_are_those_of_the_image():
    (drawn,) = draw(generator("sd15"), shot("sd15"))
    levels = torch.from_numpy(np.asarray(drawn.image).copy()).permute(2, 0, 1)
    assert torch.equal((drawn.pixels * 255).round().byte(), levels)
    assert torch.allclose(drawn.pixels * 255, levels.float(), atol=1e-4)
    assert drawn.latents.dtype == np.float32
    assert not drawn.pixels.is_inference()


def test_shots_that_differ_in_more_than_seed_and_parent_are_drawn_too():
    drawer = generator("sd15")
    mixed = [shot("sd15", 1), shot("sd15", 2, prompt="a house"), shot("sd15", 3, width=32)]
    drawn = draw(drawer, *mixed)
    assert [each.shot for each in drawn] == mixed
    assert distance(drawn[1].latents, draw(drawer, mixed[1])[0].latents) <= 1e-5


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


@pytest.mark.parametrize("name", ["sdxl-turbo", "flux-schnell"])
def test_one_step_models_are_refined_in_a_few(name):
    drawer = generator(name, steps=1, guidance=0.0)
    (parent,) = draw(drawer, shot(name, 1, steps=None))
    (refined,) = draw(drawer, child(parent, 2, 0.5), parents=[parent])
    assert "4 steps instead" in refined.facts["note"]
    assert refined.facts["steps"] == "2 of 4"
    assert distance(refined.latents, parent.latents) > 0.01


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


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("can't allocate memory: 9 GB")],
)
def test_what_does_not_fit_is_told_apart_from_other_faults(error, monkeypatch):
    drawer = generator("sd15")

    def fails(*_, **__):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(drawer._denoiser, "run", fails)
        with pytest.raises(OutOfMemory, match="2 images do not fit"):
            draw(drawer, shot("sd15", 1), shot("sd15", 2))
    assert draw(drawer, shot("sd15"))
    monkeypatch.setattr(drawer._denoiser, "run", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        draw(drawer, shot("sd15"))


def test_a_decoder_that_overflows_decodes_in_float32_from_then_on(monkeypatch):
    drawer = generator("sd15")
    autoencoder, codec = drawer._autoencoder, drawer._autoencoder._codec
    decode, types = codec.decode, []

    class Overflowing:
        def decode(self, vae, latents):
            types.append(vae.dtype)
            pixels = decode(vae, latents)
            return pixels if vae.dtype == torch.float32 else pixels * torch.inf

    vae = autoencoder._vae
    try:
        vae.to(torch.float16)
        monkeypatch.setattr(autoencoder, "_codec", Overflowing())
        first, second = draw(drawer, shot("sd15", 1), shot("sd15", 2))
    finally:
        vae.to(torch.float32)
    assert types == [torch.float16, torch.float32, torch.float32]
    assert first.pixels.isfinite().all()
    assert second.pixels.isfinite().all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_an_overflow_is_never_taken_for_a_picture(value, monkeypatch):
    drawer = generator("sd15")
    run, codec = drawer._denoiser.run, drawer._autoencoder._codec

    def broken(*arguments, **named):
        latents, carry = run(*arguments, **named)
        latents[0, 0, 0, 0] = value
        return latents, carry

    with monkeypatch.context() as patched:
        patched.setattr(drawer._denoiser, "run", broken)
        (drawn,) = draw(drawer, shot("sd15"))
    assert drawn.pixels.isnan().all()

    class Overflowing:
        def decode(self, vae, latents):
            pixels = codec.decode(vae, latents)
            pixels[0, 0, 0, 0] = value
            return pixels

    monkeypatch.setattr(drawer._autoencoder, "_codec", Overflowing())
    (drawn,) = draw(drawer, shot("sd15"))
    assert "not numbers" in refusal(drawn.pixels)
    assert "not numbers" in drawn.facts["note"]


def test_a_decoder_known_to_overflow_is_float32_at_once():
    vae = tiny("sdxl").vae
    try:
        vae.to(torch.float16)
        generator("sdxl")
        assert vae.dtype == torch.float32
    finally:
        vae.to(torch.float32)


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
    assert np.abs(matched.pixels.numpy() - np.clip(matched.latents / 2 + 0.5, 0, 1)).max() < 0.01


def test_nothing_of_it_is_left_after_closing():
    drawer = generator("sd15")
    drawer.close()
    drawer.close()
    assert not hasattr(drawer, "_denoiser")
