"""The options that make a model faster or smaller: done where they work, refused where not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import torch
from diffusers import attention_backend

from cohp.errors import BadInput, MissingExtra
from cohp.options import DiffusersOptions
from cohp.pipelines.foreign import Module, Pipe

# What torch does by itself, by our name and by diffusers'.
DEFAULT_ATTENTION = ("sdpa", "native")
# What diffusers' xformers processors do the same as; it would take them for any other too, and a
# denoiser whose attention rotates or is linear would draw nonsense.
REPLACED_BY_XFORMERS = {"AttnProcessor", "AttnProcessor2_0", "JointAttnProcessor2_0"}
# The names torchao gives to what only makes weights smaller.
QUANTISED = {
    "int8": "Int8WeightOnlyConfig",
    "int4": "Int4WeightOnlyConfig",
    "float8": "Float8WeightOnlyConfig",
}


def speed_up(name: str, pipe: Pipe, options: DiffusersOptions) -> None:
    """Apply the options of the model called `name` to its pipeline."""
    denoiser = denoiser_of(pipe)
    if options.attention not in DEFAULT_ATTENTION:
        _set_attention(name, denoiser, options.attention)
    if options.fp8:
        _try(name, "fp8", denoiser, lambda: _rest_in_eight_bits(denoiser))
    if options.quantize:
        kind = options.quantize
        _try(name, f"quantize {kind!r}", denoiser, lambda: _quantize(denoiser, kind))
    if options.tiling:
        _try(name, "tiling", pipe.vae, pipe.vae.enable_tiling)
    if options.compile:
        _compile(name, denoiser)


def asks_much(options: DiffusersOptions) -> bool:
    """Tell whether any of it is asked for."""
    wanted = (options.fp8, options.quantize, options.tiling, options.compile)
    return any(wanted) or options.attention not in DEFAULT_ATTENTION


def denoiser_of(pipe: Pipe) -> Module:
    """Return the network that takes most of the time."""
    return getattr(pipe, "unet", None) or pipe.transformer


def _compile(name: str, denoiser: Module) -> None:
    try:
        denoiser.compile_repeated_blocks()
    except ValueError as error:
        raise BadInput(
            f"{name}: diffusers names no blocks of {type(denoiser).__name__} that repeat, so "
            "there is nothing to compile. Leave the option compile out."
        ) from error


def _set_attention(name: str, denoiser: Module, backend: str) -> None:
    if backend.endswith("_hub"):
        raise BadInput(
            f"{name}: attention {backend!r} would fetch a compiled kernel from the hub. "
            "Use sdpa, or flash, sage or xformers from an installed package."
        )
    # To denoisers that do not, `set_attention_backend` says yes and does nothing.
    dispatches = any(_dispatches(module) for module in denoiser.modules())
    replaces = backend == "xformers" and _processors(denoiser) <= REPLACED_BY_XFORMERS
    if not dispatches and not replaces:
        raise BadInput(
            f"{name}: {type(denoiser).__name__} cannot do attention {backend!r}, which diffusers "
            "would ignore, or put in the place of what it is not. Leave the option out."
        )
    if backend == "xformers" and find_spec("xformers") is None:
        raise MissingExtra("Attention by xformers", "xformers")
    enable = denoiser.enable_xformers_memory_efficient_attention
    do = (lambda: _attend(denoiser, backend)) if dispatches else enable
    _try(name, f"attention {backend!r}", denoiser, do)


def _attend(denoiser: Module, backend: str) -> None:
    # It makes its choice that of every model loaded after it; leaving the block takes it back.
    with attention_backend("native"):
        denoiser.set_attention_backend(backend)


def _processors(denoiser: Module) -> set[str]:
    """Return the names of the ways in which a denoiser attends."""
    parts = (getattr(module, "processor", None) for module in denoiser.modules())
    return {type(processor).__name__ for processor in parts if processor is not None}


def _dispatches(module: Module) -> bool:
    """Say whether a module asks diffusers' dispatcher, and not torch, how to attend."""
    processor = getattr(module, "processor", None)
    return hasattr(sys.modules[type(processor).__module__], "dispatch_attention_fn")


def _rest_in_eight_bits(denoiser: Module) -> None:
    denoiser.enable_layerwise_casting(
        storage_dtype=torch.float8_e4m3fn, compute_dtype=denoiser.dtype
    )


def _quantize(denoiser: Module, kind: str) -> None:
    if find_spec("torchao") is None:
        raise MissingExtra("Quantising a model", "quantize")
    quantization = import_module("torchao.quantization")
    quantization.quantize_(denoiser, getattr(quantization, QUANTISED[kind])())


def _try(name: str, option: str, module: Module, do: Callable[[], object]) -> None:
    """Do what an option asks, or say that this module cannot."""
    try:
        do()
    except (AttributeError, ImportError, NotImplementedError, RuntimeError, ValueError) as error:
        why = str(error).strip().partition("\n")[0].rstrip(".")
        raise BadInput(
            f"{name}: {type(module).__name__} cannot do {option}: {why}. Leave the option out."
        ) from error
