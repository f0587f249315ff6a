"""Tiny random pipelines, one builder a family, each built once a session."""

from __future__ import annotations

from functools import cache

import torch

BUILDERS = {}
NAMES = (
    "sd15",
    "sdxl",
    "sdxl-turbo",
    "playground",
    "kolors",
    "sd3",
    "mini",
    "flux-dev",
    "flux-schnell",
    "flux2-dev",
    "flux2-klein",
    "chroma",
    "qwen-image",
    "z-image",
    "hidream",
    "pixart",
    "hunyuan-dit",
    "cogview4",
    "sana",
    "lumina2",
    "aura-flow",
)


def builds(name):
    """Register the builder of a tiny pipeline."""

    def register(build):
        BUILDERS[name] = build
        return build

    return register


def fresh(name):
    """Return a tiny pipeline that may be changed for good."""
    from tiny import dit, flux, mmdit, unet  # noqa: F401, PLC0415 - they register

    torch.manual_seed(0)
    return BUILDERS[name]()


@cache
def tiny(name):
    """Return the tiny pipeline called `name`, the same one each time."""
    return fresh(name)
