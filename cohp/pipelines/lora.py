"""Lays LoRAs over a pipeline, and says in one sentence when one does not belong there."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohp.catalogue import Lora, Model
from cohp.errors import BadInput, MissingExtra, MissingWeights
from cohp.whereabouts import file_of

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline


def attach(pipeline: DiffusionPipeline, model: Model) -> None:
    """Lay every LoRA of `model` over its pipeline, each with its weight."""
    if not model.loras:
        return
    if find_spec("peft") is None:
        raise MissingExtra("A LoRA", "lora")
    if not hasattr(pipeline, "load_lora_weights"):
        kind = type(pipeline).__name__
        raise BadInput(f"{model.name}: {kind} takes no LoRA. Leave out what follows the +.")
    names = []
    for number, lora in enumerate(model.loras):
        names.append(f"lora_{number}")
        _load(pipeline, model, lora, names[-1])
    pipeline.set_adapters(names, [lora.weight for lora in model.loras])


def _load(pipeline: DiffusionPipeline, model: Model, lora: Lora, name: str) -> None:
    file = file_of(lora)
    if file is None:
        raise MissingWeights(
            f"The LoRA {lora.source} is not on this machine. "
            f"Get it with: cohp models --get '{model.name}'"
        )
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
        raise _stranger(pipeline, file, error) from error
    if not _laid(pipeline, name):
        raise _stranger(pipeline, file)


def _laid(pipeline: Any, name: str) -> bool:  # noqa: ANN401 - diffusers is not typed
    """Tell whether the LoRA changes anything: some of another family are skipped in silence."""
    return any(name in adapters for adapters in pipeline.get_list_adapters().values())


def _stranger(
    pipeline: DiffusionPipeline, file: Path, error: BaseException | None = None
) -> BadInput:
    lines = str(error or "").strip().splitlines()
    told = next((line.strip() for line in lines if "mismatch" in line), *lines[:1] or [""])
    why = f" ({told[:160]})" if told else ""
    return BadInput(
        f"The LoRA {file.name} was made for another kind of model than "
        f"{type(pipeline).__name__}{why}. Use it with the family it was trained on."
    )
