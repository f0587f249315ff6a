"""FLUX.1, FLUX.2 and Chroma: their denoisers take latents as tokens."""

from __future__ import annotations

from dataclasses import replace

from cohp.pipelines.families.base import Family, channels_packed, steps_of_pairs
from cohp.pipelines.families.layout import PAIRS, TOKENS
from cohp.pipelines.families.words import Words, apart, ordered
from cohp.pipelines.foreign import Arguments, Pipe
from cohp.pipelines.latents import Patched

SCHNELL_WORDS = 256

_flux = apart("prompt_embeds", "pooled_prompt_embeds", "")


def _encode_flux(pipe: Pipe, words: Words) -> Arguments:
    """Encode for schnell, which has no guidance embedding, in the length it was distilled with."""
    if words.longest is None and not pipe.transformer.config.guidance_embeds:
        words = replace(words, longest=SCHNELL_WORDS)
    return _flux(pipe, words)


FAMILIES = (
    Family(
        "FLUX.1",
        ("FluxPipeline",),
        _encode_flux,
        guided_above=None,
        takes=PAIRS,
        gives=PAIRS,
        channels=channels_packed,
        multiple=steps_of_pairs,
    ),
    Family(
        "FLUX.2",
        ("Flux2Pipeline",),
        ordered("prompt_embeds", ""),
        guided_above=None,
        gives=TOKENS,
        captured=True,
        codec=Patched(),
        patch=2,
        multiple=steps_of_pairs,
    ),
    Family(
        "FLUX.2 klein",
        ("Flux2KleinPipeline",),
        apart("prompt_embeds", ""),
        gives=TOKENS,
        captured=True,
        codec=Patched(),
        patch=2,
        multiple=steps_of_pairs,
    ),
    Family(
        "Chroma",
        ("ChromaPipeline",),
        ordered(
            "prompt_embeds",
            "",
            "prompt_attention_mask",
            "negative_prompt_embeds",
            "",
            "negative_prompt_attention_mask",
        ),
        takes=PAIRS,
        gives=PAIRS,
        channels=channels_packed,
        multiple=steps_of_pairs,
    ),
)
