"""The generator's parts: pixels as latents, words as tokens, an ordinary diffusers folder."""

import torch
from diffusers import AutoPipelineForText2Image

from cohp.mini.vocabulary import words
from training.generator.flow import loss
from training.generator.identity import identity_vae
from training.generator.muon import orthogonal
from training.generator.parts import Generator, Shape, pipeline, silent_encoder
from training.generator.tokens import LENGTH, clip_tokenizer

TINY = Shape(width=32, depth=1, heads=2, texts=(24, 8))


@torch.no_grad()
def test_the_autoencoder_changes_nothing():
    vae, pixels = identity_vae(), torch.rand(2, 3, 64, 64) * 2 - 1
    latents = vae.encode(pixels).latent_dist.sample()
    assert (latents - pixels).abs().max() < 1e-4
    assert (vae.decode(latents).sample - pixels).abs().max() < 1e-4


def test_every_known_word_is_one_token_and_any_text_has_some():
    tokenizer = clip_tokenizer(words())
    assert all(len(tokenizer.tokenize(word)) == 1 for word in words())
    assert len(tokenizer.tokenize("Einstein 狐 ünï 🦊")) > 4
    assert tokenizer.unk_token_id not in tokenizer("xyzzy").input_ids[1:-1]


@torch.no_grad()
def test_the_silent_encoder_adds_one_token_of_nothing():
    said = silent_encoder(32)(torch.zeros(2, 256, dtype=torch.long))[0]
    assert said.shape == (2, 1, 32)
    assert said.abs().max() == 0


def test_training_and_the_pipeline_read_a_prompt_alike():
    torch.manual_seed(0)
    generator = Generator(TINY, words()).eval()
    prompt = "a red fox at dawn"
    with torch.no_grad():
        context, pooled = generator.read(generator.tokens([prompt]))
        said, _, summed, _ = pipeline(generator).encode_prompt(prompt, prompt, prompt)
    assert context.shape == (1, LENGTH + 1, 32)
    assert torch.allclose(context, said, atol=1e-6)
    assert torch.allclose(pooled, summed, atol=1e-6)


def test_an_exported_folder_loads_without_arguments_and_draws(tmp_path):
    torch.manual_seed(0)
    pipeline(Generator(TINY, words())).save_pretrained(tmp_path)
    pipe = AutoPipelineForText2Image.from_pretrained(tmp_path)
    pipe.set_progress_bar_config(disable=True)
    image = pipe("portrait of Einstein", num_inference_steps=2).images[0]
    assert image.size == (64, 64)
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
