"""The embedded generators' parts: exact encoders, words as tokens, ordinary diffusers folders."""

import pytest
import torch
from diffusers import AutoPipelineForText2Image

from cohp.mini.vocabulary import words
from training.autoencoder.built import autoencoder, folded, unfolded
from training.generator import mural, poster
from training.generator.flow import loss
from training.generator.kinds import KINDS, pipeline
from training.generator.muon import orthogonal
from training.generator.tokens import LENGTH, clip_tokenizer

TINY = {
    "poster": poster.Shape(width=32, depth=1, heads=2, texts=(24, 8)),
    "mural": mural.Shape(width=32, depth=1, heads=2, text=32),
}
SIDES = {"poster": 128, "mural": 256}


def tiny(kind):
    torch.manual_seed(0)
    return KINDS[kind](TINY[kind], words()).eval()


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_latents_are_the_pixels_of_the_picture_made_small(kind):
    vae = autoencoder(KINDS[kind].AUTOENCODER, KINDS[kind].FOLDS)
    pixels = torch.rand(2, 3, SIDES[kind], SIDES[kind]) * 2 - 1
    latents = vae.encode(pixels).latent_dist.sample()
    small = torch.nn.functional.avg_pool2d(pixels, SIDES[kind] // 64)
    assert (unfolded(latents) - small).abs().max() < 1e-4
    assert torch.equal(unfolded(folded(small, vae)), small)
    assert vae.decode(latents).sample.shape == pixels.shape


def test_every_known_word_is_one_token_and_any_text_has_some():
    tokenizer = clip_tokenizer(words())
    assert all(len(tokenizer.tokenize(word)) == 1 for word in words())
    assert len(tokenizer.tokenize("Einstein 狐 ünï 🦊")) > 4
    assert tokenizer.unk_token_id not in tokenizer("xyzzy").input_ids[1:-1]


@torch.no_grad()
def test_the_silent_encoder_adds_one_token_of_nothing():
    said = poster.silent_encoder(32)(torch.zeros(2, 256, dtype=torch.long))[0]
    assert said.shape == (2, 1, 32)
    assert said.abs().max() == 0


@torch.no_grad()
def test_training_and_the_poster_pipeline_read_a_prompt_alike():
    generator, prompt = tiny("poster"), "a red fox at dawn"
    context, pooled = generator.read(generator.tokens([prompt]))
    said, _, summed, _ = pipeline(generator).encode_prompt(prompt, prompt, prompt)
    assert context.shape == (1, LENGTH + 1, 32)
    assert torch.allclose(context, said, atol=1e-6)
    assert torch.allclose(pooled, summed, atol=1e-6)


@torch.no_grad()
def test_training_and_the_mural_pipeline_guess_alike():
    generator, prompts = tiny("mural"), ["a red fox at dawn", ""]
    noisy, level = torch.randn(2, 3, 64, 64), torch.tensor([0.3, 0.8])
    told, mask, _, _ = pipeline(generator).encode_prompt(
        prompts, do_classifier_free_guidance=False, max_sequence_length=300
    )
    guessed = generator.transformer(
        torch.nn.functional.pixel_unshuffle(noisy, 2),
        encoder_hidden_states=told,
        encoder_attention_mask=mask,
        timestep=level * 1000,
        return_dict=False,
    )[0]
    assert torch.allclose(
        generator(noisy, level, generator.tokens(prompts)), unfolded(guessed), atol=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_folder_loads_without_arguments_and_draws(kind, tmp_path):
    pipeline(tiny(kind)).save_pretrained(tmp_path)
    pipe = AutoPipelineForText2Image.from_pretrained(tmp_path)
    pipe.set_progress_bar_config(disable=True)
    image = pipe("portrait of Einstein", num_inference_steps=2).images[0]
    assert image.size == (SIDES[kind], SIDES[kind])
    assert pipe.dtype == torch.float32


def test_the_loss_of_a_perfect_guess_is_nothing():
    clean = torch.rand(2, 3, 64, 64)
    level, noise = torch.tensor([0.1, 0.9]), torch.randn(2, 3, 64, 64)
    ids = torch.zeros(2, LENGTH, dtype=torch.long)
    assert loss(lambda *_: clean, clean, ids, level, noise).abs().max() == 0


def test_muon_directions_are_nearly_orthogonal():
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(3, 24, 8)))
    assert values.min() > 0.5
    assert values.max() < 1.4
