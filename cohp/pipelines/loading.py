"""Loads a model's pipeline from what is on this machine, through diffusers' public API.

Weights are read from safetensors only, and remote code is never run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cohp.catalogue import Model
from cohp.errors import OutOfMemory
from cohp.pipelines import digest
from cohp.pipelines.folder import PipelineFolder
from cohp.pipelines.lora import attach
from cohp.pipelines.memory import ran_out
from cohp.pipelines.parts import load_parts
from cohp.pipelines.plainly import plainly
from cohp.pipelines.precision import suitable
from cohp.pipelines.prepared import Prepared, locate, prepare
from cohp.pipelines.quiet import quiet

if TYPE_CHECKING:
    import torch
    from diffusers import DiffusionPipeline


def load_pipeline(
    model: Model, *, device: str = "cpu", dtype: torch.dtype | None = None, whole: bool = True
) -> DiffusionPipeline:
    """Load the pipeline of `model`, with its LoRAs, on `device`, or for it if not `whole`.

    Without a `dtype` it is the one its options ask for, else the one that suits the device.
    """
    import torch  # noqa: PLC0415 - seconds to import, and a wrong name is answered before

    made = prepare(model)
    if dtype is None:
        dtype = getattr(torch, made.options.dtype or suitable(device, model.dtype))
    with plainly(model), quiet():
        pipeline = (
            _from_file(made, dtype) if made.place.is_file() else _from_folder(model, made, dtype)
        )
        if made.options.scheduler:
            kind, config = type(pipeline.scheduler), pipeline.scheduler.config
            pipeline.scheduler = kind.from_config(config, **made.options.scheduler)
        attach(pipeline, model)
        if not whole:
            return pipeline
        with fitting(model.name, device):
            return pipeline.to(device)


@contextmanager
def fitting(name: str, device: str) -> Iterator[None]:
    """Say of a model that does not fit on a device what may be done about it."""
    try:
        yield
    except Exception as error:
        if not ran_out(error):
            raise
        raise OutOfMemory(
            f"{name} does not fit on {device}. Use less precise weights, say how much there is "
            "with --memory, or take a smaller model."
        ) from error


def revision(model: Model) -> str:
    """Return which weights these are: a hub's commit, else a digest of the files."""
    return digest.revision(model, locate(model))


def _from_folder(model: Model, made: Prepared, dtype: torch.dtype) -> DiffusionPipeline:
    from diffusers import DiffusionPipeline  # noqa: PLC0415

    pipeline: DiffusionPipeline = DiffusionPipeline.from_pretrained(
        str(made.place),
        dtype=dtype,
        variant=made.variant,
        use_safetensors=True,
        local_files_only=True,
        **{**_left_out(made.folder), **load_parts(model, dtype)},
    )
    return pipeline


def _from_file(made: Prepared, dtype: torch.dtype) -> DiffusionPipeline:
    """Load a single file; what it does not hold comes from the folder of its configuration."""
    import diffusers  # noqa: PLC0415

    common = {"config": str(made.folder.path), "dtype": dtype, "local_files_only": True}
    left_out = _left_out(made.folder)
    if made.alone is None:
        whole: DiffusionPipeline = made.kind.from_single_file(str(made.place), **common, **left_out)
        return whole
    denoiser = getattr(diffusers, made.folder.parts[made.alone]).from_single_file(
        str(made.place), **common, subfolder=made.alone
    )
    pipeline: DiffusionPipeline = made.kind.from_pretrained(
        str(made.folder.path),
        dtype=dtype,
        variant=made.variant,
        use_safetensors=True,
        local_files_only=True,
        **{**left_out, made.alone: denoiser},
    )
    return pipeline


def _left_out(folder: PipelineFolder) -> dict[str, Any]:
    left: dict[str, Any] = dict.fromkeys(folder.unused)
    # Said, because diffusers warns of every pipeline that has lost its checker.
    return left | {"requires_safety_checker": False} if "safety_checker" in left else left
