"""Loads a model's pipeline from what is on this machine, through diffusers' public API.

Everything is looked at before diffusers is called, so that what is missing or cannot work is
said at once and in one sentence. Weights are read from safetensors only, remote code is never
run, and nothing is fetched here: `cohp.pipelines.download` does that when a person asks.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohp.catalogue import Model
from cohp.errors import BadInput, CohpError, Missing, MissingWeights, OutOfMemory
from cohp.pipelines import digest
from cohp.pipelines.folder import PipelineFolder, read, variant_of
from cohp.pipelines.lora import attach
from cohp.pipelines.parts import load_parts
from cohp.pipelines.quiet import quiet
from cohp.whereabouts import INDEX, cached, config_of, place_of, tensor_names

if TYPE_CHECKING:
    import torch
    from diffusers import DiffusionPipeline

# Where a single file keeps what is not the denoiser; without any of it, it is one alone.
COMPANIONS = ("cond_stage_model.", "conditioner.", "first_stage_model.", "text_encoders.", "vae.")
DENOISERS = ("unet", "transformer")


def load_pipeline(
    model: Model, *, device: str = "cpu", dtype: torch.dtype | None = None
) -> DiffusionPipeline:
    """Load the pipeline of `model`, with its LoRAs, on `device`.

    Without a `dtype` the model's own is taken, and float32 on a processor.
    """
    import torch  # noqa: PLC0415 - seconds to import, and a wrong name is answered before

    place = locate(model)
    if dtype is None:
        own = "float32" if device.startswith("cpu") else model.dtype or "bfloat16"
        dtype = getattr(torch, own)
    with _plainly(model), quiet():
        pipeline = (
            _from_file(model, place, dtype)
            if place.is_file()
            else _from_folder(model, place, dtype)
        )
        _set_schedule(pipeline, model)
        attach(pipeline, model)
        try:
            return pipeline.to(device)
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(
                f"{model.name} does not fit on {device}. Use less precise weights, let parts of "
                "it stay in main memory, or take a smaller model."
            ) from error


def locate(model: Model) -> Path:
    """Return where a model's weights are, or say in one sentence how to get them."""
    place = place_of(model)
    if place is not None:
        return place
    if model.origin in ("folder", "file"):
        raise MissingWeights(f"{model.source} is not there any more. Put it back, or name another.")
    raise MissingWeights(absent(model))


def absent(model: Model) -> str:
    """Say that a model is not here, how large it is, its licence, and what gets it."""
    licence = f"licence: {model.licence}" if model.licence else "see its licence on its page"
    gate = (
        f" Its owner asks for consent: agree at https://huggingface.co/{model.source}, "
        "run `hf auth login` once, then the line above."
        if model.gated
        else ""
    )
    newest = cached(str(model.source), INDEX) if model.revision else None
    other = (
        f" Another version of it is here: {model.source}@{newest.parent.name} names that one."
        if newest
        else ""
    )
    return (
        f"{model.name} is not on this machine ({model.size}, {licence}). "
        f"Get it with: cohp models --get '{model.name}'.{gate}{other}"
    )


def revision(model: Model) -> str:
    """Return which weights these are: a hub's commit, else a digest of the files."""
    return digest.revision(model, locate(model))


def _from_folder(model: Model, place: Path, dtype: torch.dtype) -> DiffusionPipeline:
    from diffusers import DiffusionPipeline  # noqa: PLC0415

    folder = read(place, model.parts)
    check_draws(folder)
    try:
        variant = variant_of(folder, model.variant)
    except MissingWeights as error:
        if model.origin != "hub":
            raise
        raise MissingWeights(f"{error} Get it with: cohp models --get '{model.name}'.") from error
    pipeline: DiffusionPipeline = DiffusionPipeline.from_pretrained(
        str(place),
        dtype=dtype,
        variant=variant,
        use_safetensors=True,
        local_files_only=True,
        **{**_left_out(folder), **load_parts(model, dtype)},
    )
    return pipeline


def _from_file(model: Model, place: Path, dtype: torch.dtype) -> DiffusionPipeline:
    """Load a single file; its configuration comes from a folder on this machine."""
    import diffusers  # noqa: PLC0415

    config = config_of(model)
    if config is None:
        wanted = f"That of {model.config} is not here. " if model.config else ""
        raise MissingWeights(
            f"{place} is weights alone and needs a configuration. {wanted}Name a diffusers folder "
            f"or a model of its family: {place}@FOLDER, or {place}@sdxl."
            + (f" This gets what is missing: cohp models --get '{model.name}'" if wanted else "")
        )
    folder = read(config)
    kind = check_draws(folder)
    names = tensor_names(place)
    if any(name.startswith(COMPANIONS) for name in names):
        whole: DiffusionPipeline = kind.from_single_file(
            str(place), config=str(config), dtype=dtype, local_files_only=True, **_left_out(folder)
        )
        return whole
    part = next((part for part in DENOISERS if part in folder.parts), None)
    if part is None:
        raise BadInput(f"{config} has no denoiser that {place} could stand for.")
    library = diffusers.DiffusionPipeline.load_config(str(config))[part][1]
    denoiser = getattr(diffusers, library).from_single_file(
        str(place), config=str(config), subfolder=part, dtype=dtype, local_files_only=True
    )
    variant = variant_of(folder, model.variant)
    pipeline: DiffusionPipeline = kind.from_pretrained(
        str(config),
        dtype=dtype,
        variant=variant,
        use_safetensors=True,
        local_files_only=True,
        **{**_left_out(folder), part: denoiser},
    )
    return pipeline


def check_draws(folder: PipelineFolder) -> Any:  # noqa: ANN401 - a class of diffusers' own
    """Return the class of a pipeline, or say why it cannot draw an image from a prompt."""
    import diffusers  # noqa: PLC0415

    kind = getattr(diffusers, folder.kind, None)
    if kind is None:
        raise BadInput(
            f"diffusers {diffusers.__version__} has no {folder.kind}, which {folder.path} is. "
            "A newer one may: pip install -U diffusers."
        )
    called = inspect.signature(kind.__call__).parameters
    needed = [
        name
        for name, each in called.items()
        if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    needed = [name for name in needed if name not in ("self", "prompt")]
    if "num_frames" in called:
        raise BadInput(f"{folder.kind} ({folder.path}) cannot be a candidate: it draws video.")
    if "prompt" not in called or needed:
        lacking = f"it needs {needed[0]}" if needed else "it takes no prompt"
        raise BadInput(f"{folder.kind} ({folder.path}) cannot be a candidate: {lacking}.")
    return kind


def _left_out(folder: PipelineFolder) -> dict[str, Any]:
    left: dict[str, Any] = dict.fromkeys(folder.unused)
    # Said, because diffusers warns of every pipeline that has lost its checker.
    return left | {"requires_safety_checker": False} if "safety_checker" in left else left


def _set_schedule(pipeline: DiffusionPipeline, model: Model) -> None:
    """Change what the entry says of the noise schedule, such as its spacing for few steps."""
    changes = model.options.get("scheduler")
    if changes:
        kind = type(pipeline.scheduler)
        pipeline.scheduler = kind.from_config(pipeline.scheduler.config, **changes)


@contextmanager
def _plainly(model: Model) -> Iterator[None]:
    """Turn whatever diffusers raises into one sentence that names the model."""
    try:
        yield
    except CohpError:
        raise
    except NotImplementedError as error:  # torch's word for weights that never came
        raise BadInput(
            f"{model.name} lacks some of its weights: the file was cut short, or its "
            "configuration is that of another model. Name the right one after an @."
        ) from error
    except ImportError as error:
        raise Missing(f"{model.name} needs a package that is not here: {_first(error)}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise BadInput(f"{model.name} cannot be loaded: {_first(error)}") from error


def _first(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]
