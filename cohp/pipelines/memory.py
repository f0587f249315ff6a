"""Device memory: giving it back, and knowing that it ran out."""

from __future__ import annotations

import gc

import torch

from cohp.pipelines.heap import trim

# What devices other than CUDA say, which have no exception of their own for it.
SAYINGS = ("out of memory", "can't allocate memory", "not enough memory")


def default_device() -> str:
    """Return the fastest device that torch finds here."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def ran_out(error: BaseException) -> bool:
    """Say whether an error means that something did not fit."""
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(saying in text for saying in SAYINGS)
    )


def free() -> None:
    """Give back what is no longer referred to."""
    gc.collect()
    trim()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
