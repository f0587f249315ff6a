"""What one family of pipelines differs in from the others, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import lcm
from typing import Any

from cohp.pipelines.families.layout import PLAIN, Layout
from cohp.pipelines.families.words import Encode
from cohp.pipelines.foreign import Pipe
from cohp.pipelines.latents import Codec, Scaled


def steps_of_eight(pipe: Pipe) -> int:
    """Return what sides must be multiples of where a pipeline itself asks for eight."""
    return lcm(8, int(pipe.vae_scale_factor))


def steps_of_patches(pipe: Pipe) -> int:
    """Return what sides must be multiples of where latents are cut into the denoiser's patches."""
    return int(pipe.vae_scale_factor) * int(pipe.transformer.config.patch_size)


def steps_of_pairs(pipe: Pipe) -> int:
    """Return what sides must be multiples of where latents are packed two by two."""
    return int(pipe.vae_scale_factor) * 2


def channels_in(pipe: Pipe) -> int:
    """Return how many channels latents have: as many as the denoiser takes."""
    denoiser = pipe.unet if hasattr(pipe, "unet") else pipe.transformer
    return int(denoiser.config.in_channels)


def channels_packed(pipe: Pipe) -> int:
    """Return how many channels latents have where the denoiser takes four packed as one."""
    return channels_in(pipe) // 4


def no_change(pipe: Pipe, width: int, height: int) -> None:
    """Leave the pipeline as it is for every size."""


@dataclass(frozen=True)
class Family:
    """How the pipelines of one family are called; every function takes the pipeline first."""

    name: str
    pipelines: tuple[str, ...]
    # Text to the named arguments that hold its embeddings.
    encode: Encode
    # The argument for guidance, and above which value the negative prompt counts; None: never.
    guidance: str = "guidance_scale"
    guided_above: float | None = 1.0
    # Arguments whose batch is not their first axis.
    axes: Mapping[str, int] = field(default_factory=dict)
    # Embeddings are as long as their prompt, and masks say so: filled up, they share a batch.
    masked: bool = False
    # What every call gets.
    fixed: Mapping[str, Any] = field(default_factory=dict)
    # The pipeline multiplies what it is given by the scheduler's `init_noise_sigma`.
    rescales: bool = False
    # The shape that latents have outside, where it is not that of an image.
    takes: Layout = PLAIN
    gives: Layout = PLAIN
    # The latents are taken after the last step: what the pipeline returns was changed since.
    captured: bool = False
    codec: Codec = field(default_factory=Scaled)
    # Latents are float32 whatever the denoiser computes in.
    precise: bool = False
    # The side of the autoencoder's places that one place of the latents stands for.
    patch: int = 1
    # Whether it can be said how many tokens of a prompt are read.
    cuts: bool = True
    # Tried; one that is not gets its prompts as text, and is suspected when a call fails.
    known: bool = True
    channels: Callable[[Any], int] = channels_in
    multiple: Callable[[Any], int] = steps_of_eight
    # Makes the pipeline ready for a size, or raises `BadInput`.
    ready: Callable[[Any, int, int], None] = no_change
