"""Every family: draws what its pipeline draws, refines, in batches and in parts; NaN is caught."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    PixArtAlphaPipeline,
)
from drawing import CLOSE, PROMPT, SIDE, child, distance, draw, generator, shot
from PIL import Image
from tiny import fresh, tiny

from cohp.pipelines.families import FAMILIES, family_of
from cohp.pipelines.noise import noise
from cohp.reward.refusal import refusal

NAMES = (
    "sd15",
    "sdxl",
    "sdxl-turbo",
    "playground",
    "kolors",
    "sd3",
    "mini",
    "flux-dev",
    "flux-schnell",
    "flux2-dev",
    "flux2-klein",
    "chroma",
    "qwen-image",
    "z-image",
    "hidream",
    "pixart",
    "hunyuan-dit",
    "cogview4",
    "sana",
    "lumina2",
    "aura-flow",
)
# What a pipeline's own call needs to draw as ours does.
OWN = {
    "qwen-image": {"negative_prompt": " "},
    "flux-schnell": {"max_sequence_length": 256},
    "pixart": {"use_resolution_binning": False, "clean_caption": False},
    "sana": {"use_resolution_binning": False},
    "hunyuan-dit": {"use_resolution_binning": False},
}
families = pytest.mark.parametrize("name", NAMES)


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


def test_every_family_has_a_tiny_pipeline():
    assert {family_of(tiny(name)).name for name in NAMES} == {family.name for family in FAMILIES}


@families
def test_it_draws_what_its_pipeline_draws(name):
    (drawn,) = draw(generator(name), shot(name, 7))
    own = own_call(name, tiny(name)).images[0]
    assert drawn.image.size == own.size == (SIDE, SIDE)
    assert np.abs(levels(drawn.image) - levels(own)).max() <= 1


def test_it_reads_as_much_of_a_prompt_as_its_pipeline():
    """Qwen-Image encodes more when asked to encode than it uses when called."""
    (drawn,) = draw(generator("qwen-image"), shot("qwen-image", 7, prompt=PROMPT * 200))
    own = own_call("qwen-image", tiny("qwen-image"), prompt=PROMPT * 200, output_type="latent")
    expected = generator("qwen-image")._denoiser._family.gives.unpack(own.images, (4, 8, 8))
    assert distance(drawn.latents, expected[0]) <= 1e-6
    longer = generator("qwen-image", options={"max_sequence_length": 1024})
    (more,) = draw(longer, shot("qwen-image", 7, prompt=PROMPT * 200))
    assert distance(more.latents, drawn.latents) > 1e-5


@pytest.mark.parametrize("name", ["z-image", "cogview4", "sana"])
def test_latents_stay_precise_where_their_pipeline_keeps_them_so(name):
    half = fresh(name).to(torch.bfloat16)
    (drawn,) = draw(generator(name, pipeline=half), shot(name, 7))
    own = own_call(name, half, output_type="latent")
    assert distance(drawn.latents, own.images[0].float()) <= 1e-6


@families
def test_a_batch_is_its_shots_alone(name):
    drawer = generator(name)
    first, second = draw(drawer, shot(name, 1), shot(name, 2))
    (alone,) = draw(drawer, shot(name, 2))
    assert distance(second.latents, alone.latents) <= CLOSE
    assert distance(first.latents, second.latents) > 0.05
    refined = draw(drawer, child(first, 3, 0.5), child(second, 4, 0.5), parents=[first, second])
    (apart,) = draw(drawer, child(second, 4, 0.5), parents=[second])
    assert distance(refined[1].latents, apart.latents) <= CLOSE


@families
def test_it_refines_nearer_to_its_parent_the_less_strength(name):
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


@families
def test_two_parts_are_one_part(name):
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


@pytest.mark.parametrize("name", ["sd15", "sdxl", "kolors", "pixart", "hunyuan-dit"])
def test_noise_that_a_scheduler_makes_large_is_not_made_so_twice(name, monkeypatch):
    pipe = tiny(name)
    large = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
    assert large.init_noise_sigma > 10
    monkeypatch.setattr(pipe, "scheduler", large)
    test_two_parts_are_one_part(name)


@pytest.mark.parametrize("longest", [120, 300])
def test_pixart_alpha_draws_as_sigma_does(longest):
    alpha = PixArtAlphaPipeline(**tiny("pixart").components)
    own = own_call("pixart", alpha, max_sequence_length=longest, output_type="latent").images
    options = {"max_sequence_length": longest}
    drawer = generator("alpha", pipeline=alpha, options=options)
    (drawn,) = draw(drawer, shot("alpha", 7))
    assert distance(drawn.latents, own[0]) <= CLOSE
    (refined,) = draw(drawer, child(drawn, 5, 0.5), parents=[drawn])
    assert np.isfinite(refined.latents).all()


def test_stable_diffusion_2_predicts_velocities_from_pure_noise(monkeypatch):
    config = dict(tiny("sd15").scheduler.config)
    spacing = {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, "clip_sample": False}
    scheduler = DDIMScheduler.from_config(config, prediction_type="v_prediction", **spacing)
    monkeypatch.setattr(tiny("sd15"), "scheduler", scheduler)
    test_it_draws_what_its_pipeline_draws("sd15")
    test_two_parts_are_one_part("sd15")
    test_it_refines_nearer_to_its_parent_the_less_strength("sd15")


def test_the_embedded_shape_draws_with_the_scheduler_of_flow_too(monkeypatch):
    flow = FlowMatchEulerDiscreteScheduler(shift=1.0)
    monkeypatch.setattr(tiny("mini"), "scheduler", flow)
    test_two_parts_are_one_part("mini")
    test_it_refines_nearer_to_its_parent_the_less_strength("mini")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=["bf16", "fp16"])
@families
def test_half_precision_draws_nearly_the_same(name, dtype):
    half = fresh(name).to(dtype)
    drawer = generator(name, pipeline=half)
    (drawn,) = draw(drawer, shot(name, 1))
    (refined,) = draw(drawer, child(drawn, 5, 0.5), parents=[drawn])
    (exact,) = draw(generator(name), shot(name, 1))
    assert distance(drawn.latents, exact.latents) < (0.2 if dtype == torch.bfloat16 else 0.02)
    assert np.isfinite(refined.latents).all()


@families
def test_a_parent_without_latents_is_encoded_once(name, monkeypatch):
    drawer = generator(name)
    (parent,) = draw(drawer, shot(name, 1))
    stranger = type(parent)(shot(f"{name}-other", 1), parent.image)
    encoded = []
    encode = drawer._autoencoder.encode
    monkeypatch.setattr(
        drawer._autoencoder, "encode", lambda *given: encoded.append(1) or encode(*given)
    )
    changes = {"model": name}
    for seed in (5, 6):
        (refined,) = draw(drawer, child(stranger, seed, 0.5, **changes), parents=[stranger])
        assert np.isfinite(refined.latents).all()
    assert len(encoded) == 1


@families
def test_what_is_no_number_is_caught(name, monkeypatch):
    drawer = generator(name)
    run = drawer._denoiser.run

    def broken(*arguments, **named):
        latents, carry = run(*arguments, **named)
        latents[0] = torch.nan
        return latents, carry

    monkeypatch.setattr(drawer._denoiser, "run", broken)
    bad, good = draw(drawer, shot(name, 1), shot(name, 2))
    assert "not numbers" in refusal(bad.pixels)
    assert "not numbers" in bad.facts["note"]
    assert refusal(good.pixels) is None


@families
def test_prompts_are_encoded_once_and_text_encoders_may_leave(name, monkeypatch):
    pipe = tiny(name)
    before = dict(pipe.components)
    drawer = generator(name, options={"text_encoders": "release"})
    try:
        (first,) = draw(drawer, shot(name, 1))
        assert not any(pipe.components[part] for part in before if part.startswith("text_encoder"))
        (other,) = draw(drawer, shot(name, 1, prompt="a blue house by the sea"))
        monkeypatch.setattr(drawer._prompts, "_encode", None)
        (again,) = draw(drawer, shot(name, 1))
        draw(drawer, child(first, 5, 0.5), parents=[first])
    finally:
        pipe.register_modules(**before)
    assert np.array_equal(first.latents, again.latents)
    assert distance(first.latents, other.latents) > 1e-6


@families
def test_the_decoder_and_the_encoder_agree_on_what_latents_are(name):
    """Scaling, shifting and normalising are undone: latents of an image decode to pixels again."""
    drawer = generator(name)
    image = Image.effect_mandelbrot((SIDE, SIDE), (-2, -1.5, 1, 1.5), 30).convert("RGB")
    with torch.inference_mode():
        latents = drawer._autoencoder.encode(image, SIDE, SIDE)
        assert latents.shape == drawer._denoiser.shape(SIDE, SIDE)
        codec, vae = family_of(tiny(name)).codec, tiny(name).vae
        if hasattr(vae, "encoder"):
            plain = codec.decode(_Echo(vae), latents[None])
            pixels = torch.from_numpy(levels(image).copy()).permute(2, 0, 1)[None] / 127.5 - 1
            assert torch.allclose(codec.encode(_Fixed(vae, plain), pixels)[0], latents, atol=1e-4)


class _Echo:
    """An autoencoder whose decoder returns what it is handed."""

    def __init__(self, vae):
        self.config, self.dtype = vae.config, vae.dtype
        self.bn = getattr(vae, "bn", None)

    def decode(self, latents, **_):
        return [latents]


class _Fixed(_Echo):
    """An autoencoder whose encoder returns a given answer."""

    def __init__(self, vae, answer):
        super().__init__(vae)
        self._answer = answer

    def encode(self, pixels):
        frames = self._answer[:, :, None] if pixels.ndim == 5 else self._answer
        return type("Out", (), {"latent": frames})()
