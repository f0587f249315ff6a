"""What options ask of the classes of a pipeline and its scheduler: refused by name, not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from cohp.errors import BadInput
from cohp.options import DiffusersOptions
from cohp.pipelines.families import named

# Arguments that are set from a shot.
OURS = {
    "callback_on_step_end",
    "generator",
    "height",
    "latents",
    "negative_prompt",
    "num_images_per_prompt",
    "num_inference_steps",
    "output_type",
    "prompt",
    "return_dict",
    "width",
}


def check_call(name: str, kind: type, options: DiffusersOptions) -> None:
    """Raise `BadInput` where a pipeline's class would ignore what its calls are asked for."""
    family = named(kind)
    takes = set(signature(kind.__call__).parameters)
    ours = OURS | ({family.guidance, *family.fixed} if family else set())
    for argument in sorted(options.call):
        if argument not in takes:
            why = f"{kind.__name__} takes no such argument"
        elif argument in ours or "embeds" in argument:
            why = "CoHP sets that itself"
        else:
            continue
        raise BadInput(f"{name}: option call.{argument}: {why}. Leave it out.")
    encodes = getattr(kind, "encode_prompt", kind.__call__) if family else kind.__call__
    cut = "max_sequence_length" in signature(encodes).parameters
    if options.max_sequence_length and not (cut and (family is None or family.cuts)):
        raise BadInput(
            f"{name}: option max_sequence_length: {kind.__name__} always reads as much of a prompt "
            "as its text encoders can. Leave it out."
        )
    if options.text_encoders == "release" and family is None:
        raise BadInput(
            f"{name}: option text_encoders: CoHP does not know {kind.__name__}, and must leave its "
            "text encoders where they are. Leave it out."
        )


def check_schedule(name: str, kind: type, changes: Mapping[str, Any]) -> None:
    """Raise `BadInput` for a change that a scheduler's class would ignore."""
    known = list(signature(kind).parameters)
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise BadInput(
            f"{name}: option scheduler.{unknown[0]}: {kind.__name__} has no such setting. "
            f"It has {', '.join(known)}."
        )
