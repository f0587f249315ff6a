"""The two embedded generators by name, and the pipeline around either."""

from __future__ import annotations

from collections.abc import Mapping

from diffusers import AutoencoderKL, DiffusionPipeline

from training.autoencoder.built import autoencoder
from training.generator import mural, poster
from training.generator.mural import Mural
from training.generator.poster import Poster

Generator = Poster | Mural
KINDS: Mapping[str, type[Poster | Mural]] = {each.NAME: each for each in (Poster, Mural)}


def pipeline(generator: Generator, vae: AutoencoderKL | None = None) -> DiffusionPipeline:
    """Return the pipeline; with no trained autoencoder, good for latents alone."""
    coder = vae or autoencoder(generator.AUTOENCODER, generator.FOLDS)
    if isinstance(generator, Mural):
        return mural.pipeline(generator, coder)
    return poster.pipeline(generator, coder)
