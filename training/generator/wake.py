"""Makes the summary of a prompt loud enough to be heard beside the noise level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from cohp.mini.vocabulary import COLOURS, SUBJECTS

if TYPE_CHECKING:
    from training.generator.poster import Poster

LOUDNESS = 1.0
"""How much summaries of different prompts should differ, as a standard deviation."""


@torch.no_grad()
def wake(generator: Poster) -> float:
    """Scale both text projections; what an average prompt does stays as it was.

    A CLIP that starts small tells its end token almost nothing about the other words, and the
    blocks' modulation then never learns to listen: after 1500 steps fox, cat, elephant and
    teapot were still one blob at the highest noise levels.
    """
    prompts = [f"a {colour} {subject}" for colour in COLOURS for subject in SUBJECTS]
    _, pooled = generator.eval().read(generator.tokens(prompts))
    factor = LOUDNESS / float(pooled.std(dim=0).square().mean().sqrt())
    first = generator.transformer.time_text_embed.text_embedder.linear_1
    first.bias -= (factor - 1) * first.weight @ pooled.mean(dim=0)
    for text in (generator.text_1, generator.text_2):
        text.text_projection.weight *= factor
    generator.train()
    return factor
