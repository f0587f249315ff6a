"""Stable Diffusion 1 and 2, SDXL and what was made of it, and Kolors."""

from __future__ import annotations

from cohp.pipelines.families.base import Family
from cohp.pipelines.families.words import ordered

POOLED = (
    "prompt_embeds",
    "negative_prompt_embeds",
    "pooled_prompt_embeds",
    "negative_pooled_prompt_embeds",
)

FAMILIES = (
    Family(
        "Stable Diffusion",
        ("StableDiffusionPipeline",),
        ordered("prompt_embeds", "negative_prompt_embeds"),
        rescales=True,
    ),
    Family("SDXL", ("StableDiffusionXLPipeline",), ordered(*POOLED), rescales=True),
    Family("Kolors", ("KolorsPipeline",), ordered(*POOLED), rescales=True),
)
