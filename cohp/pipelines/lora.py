"""Lays LoRAs over a pipeline, and says in one sentence when one does not belong there."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cohp.catalogue import Lora, Model
from cohp.errors import BadInput, MissingExtra, MissingWeights
from cohp.whereabouts import file_of, tensor_names

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline

# How a layer's first matrix is called in the formats that people have.
DOWN = re.compile(r"lora(_A|_down|\.down|_linear_layer\.down)(\.\w+)?\.weight$")
# Layers of no effect are common; a LoRA that loses more than these belongs elsewhere.
MOST = 0.9


def check(model: Model, kind: type) -> None:
    """Raise where a pipeline of a class cannot have the LoRAs of `model`, or one is not here."""
    if not model.loras:
        return
    if find_spec("peft") is None:
        raise MissingExtra("A LoRA", "lora")
    if not hasattr(kind, "load_lora_weights"):
        raise BadInput(
            f"{model.name}: {kind.__name__} takes no LoRA. Leave out what follows the +."
        )
    for lora in model.loras:
        _place(model, lora)


def attach(pipeline: DiffusionPipeline, model: Model) -> None:
    """Lay every LoRA of `model` over its pipeline, each with its weight."""
    if not model.loras:
        return
    names = [f"lora_{number}" for number in range(len(model.loras))]
    for name, lora in zip(names, model.loras, strict=True):
        _load(pipeline, _place(model, lora), name)
    pipeline.set_adapters(names, [lora.weight for lora in model.loras])


def _place(model: Model, lora: Lora) -> Path:
    file = file_of(lora)
    if file is None:
        raise MissingWeights(
            f"The LoRA {lora.source} is not on this machine. "
            f"Get it with: cohp models --get '{model.name}'"
        )
    return file


def _load(pipeline: DiffusionPipeline, file: Path, name: str) -> None:
    try:
        pipeline.load_lora_weights(
            str(file.parent),
            weight_name=file.name,
            adapter_name=name,
            use_safetensors=True,
            local_files_only=True,
        )
    # diffusers and peft raise all of these for layers that do not fit.
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise _stranger(pipeline, file, str(error)) from error
    had, laid = _layers(file), _laid(pipeline, name)
    if laid < MOST * had:
        raise _stranger(pipeline, file, f"{laid} of its {had} layers have a place here")


def _layers(file: Path) -> int:
    return sum(bool(DOWN.search(name)) for name in tensor_names(file))


def _laid(pipeline: DiffusionPipeline, name: str) -> int:
    """Count the layers that the LoRA changes: those of another family are skipped in silence."""
    parts = [each for each in pipeline.components.values() if hasattr(each, "modules")]
    return sum(name in getattr(layer, "lora_A", ()) for part in parts for layer in part.modules())


def _stranger(pipeline: DiffusionPipeline, file: Path, told: str) -> BadInput:
    lines = told.strip().splitlines() or [""]
    mismatched = (line.strip().partition(":")[0] for line in lines if "mismatch" in line)
    line = next(mismatched, lines[0])
    why = f" ({line[:160]})" if line else ""
    return BadInput(
        f"The LoRA {file.name} was made for another kind of model than "
        f"{type(pipeline).__name__}{why}. Use it with the family it was trained on."
    )
