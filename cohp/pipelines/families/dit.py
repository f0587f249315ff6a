"""PixArt, HunyuanDiT, CogView4, Sana, Lumina 2 and AuraFlow: transformers over latent patches."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from math import lcm

from cohp.pipelines.families.base import Family, steps_of_eight, steps_of_pairs, steps_of_patches
from cohp.pipelines.families.words import Words, encode_prompt, ordered
from cohp.pipelines.foreign import Arguments, Pipe

MASKED = (
    "prompt_embeds",
    "prompt_attention_mask",
    "negative_prompt_embeds",
    "negative_prompt_attention_mask",
)
# The size that was asked for, the prompt as it was written, and no default beside embeddings.
EXACT = {"use_resolution_binning": False, "clean_caption": False, "negative_prompt": None}
# What the two text encoders of HunyuanDiT read, in tokens.
HUNYUAN_WORDS = (77, 256)


def _encode_pixart(pipe: Pipe, words: Words) -> Arguments:
    """Encode without the padding: the denoiser masks it, but would project it at every step."""
    arguments = ordered(*MASKED)(pipe, words)
    masks = [value for name, value in arguments.items() if name.endswith("mask")]
    longest = int(max(mask.sum(dim=1).max() for mask in masks))
    return {name: value[:, :longest] for name, value in arguments.items()}


def _encode_hunyuan(pipe: Pipe, words: Words) -> Arguments:
    arguments: Arguments = {}
    for index, (suffix, longest) in enumerate(zip(("", "_2"), HUNYUAN_WORDS, strict=True)):
        values = encode_prompt(
            pipe,
            words,
            dtype=pipe.transformer.dtype,
            max_sequence_length=longest,
            text_encoder_index=index,
        )
        names = (
            f"prompt_embeds{suffix}",
            f"negative_prompt_embeds{suffix}",
            f"prompt_attention_mask{suffix}",
            f"negative_prompt_attention_mask{suffix}",
        )
        arguments |= dict(zip(names, values, strict=True))
    return {name: value for name, value in arguments.items() if value is not None}


def _encode_sana(pipe: Pipe, words: Words) -> Arguments:
    """Encode with the instruction that Sana's own call puts before a prompt."""
    instruction = signature(pipe.__call__).parameters["complex_human_instruction"].default
    values = encode_prompt(pipe, words, complex_human_instruction=instruction)
    named = dict(zip(MASKED, values, strict=True))
    return {name: value for name, value in named.items() if value is not None}


def _steps_of_hunyuan(pipe: Pipe) -> int:
    """Return its multiple: the place of a patch is counted in eights whatever the autoencoder."""
    return lcm(steps_of_patches(pipe), 8 * int(pipe.transformer.config.patch_size))


def _steps_of_patches_and(number: int) -> Callable[[Pipe], int]:
    return lambda pipe: lcm(number, steps_of_patches(pipe))


FAMILIES = (
    Family(
        "PixArt",
        ("PixArtSigmaPipeline", "PixArtAlphaPipeline"),
        _encode_pixart,
        masked=True,
        fixed=EXACT,
        rescales=True,
        multiple=_steps_of_patches_and(8),
    ),
    Family(
        "HunyuanDiT",
        ("HunyuanDiTPipeline",),
        _encode_hunyuan,
        fixed={"use_resolution_binning": False},
        rescales=True,
        cuts=False,
        multiple=_steps_of_hunyuan,
    ),
    Family(
        "CogView4",
        ("CogView4Pipeline",),
        ordered("prompt_embeds", "negative_prompt_embeds"),
        precise=True,
        multiple=_steps_of_patches_and(16),
    ),
    Family(
        "Sana",
        ("SanaPipeline",),
        _encode_sana,
        fixed=EXACT,
        precise=True,
        multiple=_steps_of_patches_and(32),
    ),
    Family(
        "Lumina 2",
        ("Lumina2Pipeline",),
        ordered(*MASKED),
        multiple=lambda pipe: lcm(steps_of_pairs(pipe), steps_of_patches(pipe)),
    ),
    Family(
        "AuraFlow",
        ("AuraFlowPipeline",),
        ordered(*MASKED),
        multiple=lambda pipe: lcm(steps_of_eight(pipe), steps_of_pairs(pipe)),
    ),
)
