"""Every family: draws what its pipeline draws, refines, in batches and in parts; NaN is caught."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from checks import (
    draws_what_its_pipeline_draws,
    own_call,
    refines_nearer_to_its_parent_the_less_strength,
    two_parts_are_one_part,
)
from diffusers import PixArtAlphaPipeline
from drawing import CLOSE, PROMPT, child, distance, draw, generator, shot
from tiny import NAMES, fresh, tiny

from cohp.pipelines.families import FAMILIES, family_of
from cohp.reward.refusal import refusal

families = pytest.mark.parametrize("name", NAMES)


def test_every_family_has_a_tiny_pipeline():
    assert {family_of(tiny(name)).name for name in NAMES} == {family.name for family in FAMILIES}


@families
def test_it_draws_what_its_pipeline_draws(name):
    draws_what_its_pipeline_draws(name)


@families
def test_it_refines_nearer_to_its_parent_the_less_strength(name):
    refines_nearer_to_its_parent_the_less_strength(name)


@families
def test_two_parts_are_one_part(name):
    two_parts_are_one_part(name)


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


PROMPTS = ("a red fox at dawn", "two", "a green parrot on a branch above the sea " * 3)
# Whose embeddings are as long as their prompt, with no mask that their pipeline would heed.
APART = {"cogview4"}


@families
def test_prompts_share_a_batch_and_each_draws_as_alone(name, monkeypatch):
    drawer = generator(name)
    shots = [shot(name, seed, prompt=prompt) for seed, prompt in enumerate(PROMPTS)]
    alone = [draw(drawer, each)[0] for each in shots]
    batches = []
    run = drawer._denoiser.run
    monkeypatch.setattr(
        drawer._denoiser,
        "run",
        lambda call, latents, *rest: batches.append(len(latents)) or run(call, latents, *rest),
    )
    together = draw(drawer, *shots)
    assert [each.shot for each in together] == shots
    assert batches == ([2, 1] if name in APART else [3])
    (other,) = draw(drawer, shot(name, 0, prompt="two"))
    words_count = distance(other.latents, alone[0].latents)
    for one, same in zip(together, alone, strict=True):
        assert distance(one.latents, same.latents) <= min(CLOSE, words_count / 10)
    children = [child(each, 7, 0.5) for each in alone]
    refined = draw(drawer, *children, parents=alone)
    for one, each in zip(refined, children, strict=True):
        (apart,) = draw(drawer, each, parents=alone)
        assert distance(one.latents, apart.latents) <= CLOSE


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
