"""Draws with a generator, be it a checkpoint or an exported folder."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoPipelineForText2Image, DiffusionPipeline
from torch import Tensor

from training.autoencoder.built import unfolded
from training.generator import checkpoint
from training.generator.kinds import pipeline


def opened(source: Path) -> DiffusionPipeline:
    """Return the pipeline of a folder, or one around a checkpoint's averaged weights."""
    if source.is_dir():
        pipe = AutoPipelineForText2Image.from_pretrained(source, use_safetensors=True)
    else:
        pipe = pipeline(checkpoint.build(checkpoint.load(source)))
    pipe.set_progress_bar_config(disable=True)
    return pipe


@torch.no_grad()
def pictures(
    pipe: DiffusionPipeline, prompts: list[str], seed: int, *, steps: int, guidance: float
) -> Tensor:
    """Return pictures of 64 pixels in 0..1, as the latents are: a decoder only redraws them."""
    latents = pipe(
        prompts,
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=[torch.Generator().manual_seed(seed + k) for k in range(len(prompts))],
        output_type="latent",
    ).images
    return unfolded(latents).add(1).div(2).clamp(0, 1)
