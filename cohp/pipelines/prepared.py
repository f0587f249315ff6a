"""Looks at all of a model but its weights: what stops it is said before anything is made.

Nothing is fetched here: `cohp.pipelines.download` does that when a person asks.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cohp.catalogue import Model
from cohp.errors import BadInput, Missing, MissingExtra, MissingWeights
from cohp.options import DiffusersOptions, read
from cohp.pins import commit_of, pin
from cohp.pipelines import folder, lora, parts
from cohp.pipelines.folder import DENOISERS, PipelineFolder
from cohp.pipelines.plainly import plainly
from cohp.pipelines.quiet import quiet
from cohp.whereabouts import (
    another_version,
    config_of,
    file_of,
    hub_file,
    place_of,
    tensor_names,
)

# Where a single file keeps what is not the denoiser; without any of it, it is one alone.
COMPANIONS = ("cond_stage_model.", "conditioner.", "first_stage_model.", "text_encoders.", "vae.")
# Packages that families need, by our extra that brings them.
EXTRAS = {"sentencepiece": "kolors"}


@dataclass(frozen=True)
class Prepared:
    """A model that is here and can draw: what loading it needs to know."""

    # A folder, or a single file whose configuration is the folder.
    place: Path
    folder: PipelineFolder
    # The class of diffusers that the pipeline is of.
    kind: Any
    options: DiffusersOptions
    variant: str | None = None
    # The part that a single file holds alone.
    alone: str | None = None


def prepare(model: Model) -> Prepared:
    """Find everything a model needs, or say in one sentence what is missing or cannot work."""
    options = read(DiffusersOptions, model)
    place = locate(model)
    made = _of_file(model, place, options) if place.is_file() else _of_folder(model, place, options)
    parts.check(model)
    lora.check(model, made.kind)
    with plainly(model):
        _rehearse(model, made)
    _hold(model, place)
    return made


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
    here = another_version(model)
    other = f" Another version of it is here: {model.source}@{here} names that one." if here else ""
    return (
        f"{model.name} is not on this machine ({model.size}, {licence}). "
        f"Get it with: cohp models --get '{model.name}'.{gate}{other}"
    )


def _hold(model: Model, place: Path) -> None:
    """Hold to the commits of what nobody pinned: it may have come here before it was asked for."""
    if model.origin == "hub" and model.source and not model.revision:
        pin(model.source, place.name)
    for each in model.loras:
        found = file_of(each)
        if found and not each.revision and not Path(each.source).is_absolute():
            repo, file = hub_file(each)
            pin(repo, commit_of(found, file))
    for part in parts.parts_of(model).values():
        if part.place and not part.revision and not Path(part.source).is_absolute():
            pin(part.source, part.place.name)


def _of_folder(model: Model, place: Path, options: DiffusersOptions) -> Prepared:
    found = folder.read(place, model.parts)
    kind = check_draws(found)
    try:
        variant = folder.variant_of(found, model.variant)
    except MissingWeights as error:
        if model.origin != "hub":
            raise
        raise MissingWeights(f"{error} Get it with: cohp models --get '{model.name}'.") from error
    return Prepared(place, found, kind, options, variant)


def _of_file(model: Model, place: Path, options: DiffusersOptions) -> Prepared:
    """Prepare a single file; its configuration comes from a folder on this machine."""
    config = config_of(model)
    if config is None:
        wanted = f"That of {model.config} is not here. " if model.config else ""
        raise MissingWeights(
            f"{place} is weights alone and needs a configuration. {wanted}Name a diffusers folder "
            f"or a model of its family: {place}@FOLDER, or {place}@sdxl."
            + (f" This gets what is missing: cohp models --get '{model.name}'" if wanted else "")
        )
    found = folder.read(config)
    kind = check_draws(found)
    if any(name.startswith(COMPANIONS) for name in tensor_names(place)):
        return Prepared(place, found, kind, options)
    part = next((part for part in DENOISERS if part in found.parts), None)
    if part is None:
        raise BadInput(f"{config} has no denoiser that {place} could stand for.")
    others = {name: each for name, each in found.parts.items() if name != part}
    variant = folder.variant_of(replace(found, parts=others), model.variant)
    return Prepared(place, found, kind, options, variant, part)


def check_draws(found: PipelineFolder) -> Any:  # noqa: ANN401 - a class of diffusers' own
    """Return the class of a pipeline, or say why it cannot draw an image from a prompt."""
    import diffusers  # noqa: PLC0415 - seconds to import, and a wrong name is answered before

    with quiet():  # as it says of packages that only image readers would need
        kind = getattr(diffusers, found.kind, None)
    if kind is None:
        raise BadInput(
            f"diffusers {diffusers.__version__} has no {found.kind}, which {found.path} is. "
            "A newer one may: pip install -U diffusers."
        )
    if hasattr(kind, "_backends"):  # diffusers' stand-in where a package is not installed
        wanted = kind._backends  # noqa: SLF001
        lacking = next((each for each in wanted if find_spec(each) is None), wanted[-1])
        if lacking in EXTRAS:
            raise MissingExtra(found.kind, EXTRAS[lacking])
        raise Missing(f"{found.kind} needs a package that is not here: pip install {lacking}")
    called = inspect.signature(kind.__call__).parameters
    needed = [
        name
        for name, each in called.items()
        if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    needed = [name for name in needed if name not in ("self", "prompt")]
    if "num_frames" in called:
        raise BadInput(f"{found.kind} ({found.path}) cannot be a candidate: it draws video.")
    if "prompt" not in called or needed:
        lacking = f"it needs {needed[0]}" if needed else "it takes no prompt"
        raise BadInput(f"{found.kind} ({found.path}) cannot be a candidate: {lacking}.")
    return kind


def _rehearse(model: Model, made: Prepared) -> None:
    """Ask a pipeline without weights for what is asked: it refuses what one with weights would."""
    # All of them import torch, for which what is said above must not wait.
    from cohp.pipelines.asked import check_call, check_schedule  # noqa: PLC0415
    from cohp.pipelines.families import named  # noqa: PLC0415
    from cohp.pipelines.families.unseen import check_call_of  # noqa: PLC0415
    from cohp.pipelines.hollow import class_of, hollow_part, hollow_pipeline  # noqa: PLC0415
    from cohp.pipelines.speed import asks_much, speed_up  # noqa: PLC0415

    options, inside = made.options, made.folder.parts
    if named(made.kind) is None:
        check_call_of(made.kind)
    check_call(model.name, made.kind, options)
    if options.scheduler:
        check_schedule(model.name, class_of(inside["scheduler"]), options.scheduler)
    with quiet():
        if asks_much(options):
            working = {*DENOISERS, "vae"} & inside.keys()
            hollow = {part: hollow_part(made.folder, part) for part in working}
            speed_up(model.name, SimpleNamespace(**hollow), options)
        if model.loras and named(made.kind):
            lora.attach(hollow_pipeline(made.folder, made.kind), model)
