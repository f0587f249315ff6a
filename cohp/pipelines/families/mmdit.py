"""Stable Diffusion 3, Qwen-Image, Z-Image and HiDream."""

from __future__ import annotations

from math import sqrt

import torch

from cohp.errors import BadInput
from cohp.pipelines.families.base import Family, channels_packed, steps_of_pairs, steps_of_patches
from cohp.pipelines.families.layout import PAIRS
from cohp.pipelines.families.unet import POOLED
from cohp.pipelines.families.words import Words, apart, ordered
from cohp.pipelines.foreign import Arguments, Pipe
from cohp.pipelines.latents import Frames

# A blank, as its makers advise where there is no negative prompt.
_qwen = apart("prompt_embeds", "prompt_embeds_mask", nothing=" ")


def _encode_qwen(pipe: Pipe, words: Words) -> Arguments:
    """Encode with the masks that Qwen-Image leaves out where all counts, and then asks for."""
    arguments = _qwen(pipe, words)
    for name in ("prompt_embeds", "negative_prompt_embeds"):
        if name in arguments and f"{name}_mask" not in arguments:
            shape = arguments[name].shape[:2]
            arguments[f"{name}_mask"] = arguments[name].new_ones(shape, dtype=torch.long)
    return arguments


def _channels_of_z(pipe: Pipe) -> int:
    return int(pipe.transformer.in_channels)


def _ready_hidream(pipe: Pipe, width: int, height: int) -> None:
    """Have the pipeline draw the size that was asked for: left alone it goes to a fixed area."""
    side = int(pipe.vae_scale_factor) * int(pipe.transformer.config.patch_size)
    places, most = (width // side) * (height // side), int(pipe.transformer.max_seq)
    if places > most:
        raise BadInput(
            f"HiDream draws at most {most * side * side} pixels, {width}x{height} are "
            f"{width * height}. Ask for a smaller size."
        )
    # A hair more than the size, because the pipeline rounds down what it computes from it.
    pipe.default_sample_size = sqrt(width * height) * (1 + 1e-9) / pipe.vae_scale_factor


FAMILIES = (
    Family(
        "Stable Diffusion 3",
        ("StableDiffusion3Pipeline",),
        ordered(*POOLED),
        multiple=steps_of_patches,
    ),
    Family(
        "Qwen-Image",
        ("QwenImagePipeline",),
        _encode_qwen,
        masked=True,
        guidance="true_cfg_scale",
        takes=PAIRS,
        gives=PAIRS,
        codec=Frames(),
        channels=channels_packed,
        multiple=steps_of_pairs,
    ),
    Family(
        "Z-Image",
        ("ZImagePipeline",),
        ordered("prompt_embeds", "negative_prompt_embeds"),
        guided_above=0.0,
        channels=_channels_of_z,
        precise=True,
        multiple=steps_of_pairs,
    ),
    Family(
        "HiDream",
        ("HiDreamImagePipeline",),
        ordered(
            "prompt_embeds_t5",
            "negative_prompt_embeds_t5",
            "prompt_embeds_llama3",
            "negative_prompt_embeds_llama3",
            "pooled_prompt_embeds",
            "negative_pooled_prompt_embeds",
        ),
        # One layer of Llama above the other comes first.
        axes={"prompt_embeds_llama3": 1, "negative_prompt_embeds_llama3": 1},
        multiple=steps_of_pairs,
        ready=_ready_hidream,
    ),
)
