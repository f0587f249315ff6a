"""A family that is not known: called with its prompts, if it looks as if it could be driven."""

from __future__ import annotations

from inspect import signature
from typing import Any

from cohp.errors import BadInput
from cohp.pipelines.families.base import Family, steps_of_pairs
from cohp.pipelines.families.words import Words
from cohp.pipelines.foreign import Arguments, Pipe

# Arguments without which nothing can be drawn the way CoHP draws.
NEEDED = ("prompt", "height", "width", "num_inference_steps", "latents", "output_type")

# Arguments of pipelines that do something else.
OTHER_TASKS = ("mask_image", "num_frames", "control_image", "strength", "audio_length_in_s")


def unseen(pipe: Pipe) -> Family:
    """Return a family made of what the pipeline's signature shows, or refuse it by name."""
    kind = type(pipe)
    check_call_of(kind)
    missing = []
    if getattr(pipe, "vae", None) is None or not hasattr(pipe, "vae_scale_factor"):
        missing.append("a VAE")
    if not hasattr(getattr(pipe, "scheduler", None), "set_timesteps"):
        missing.append("a scheduler")
    if missing:
        raise BadInput(_refusal(kind, missing))
    name = kind.__name__
    return Family(
        f"unknown ({name})",
        (name,),
        _as_text,
        channels=lambda pipe: int(pipe.vae.config.latent_channels),
        multiple=steps_of_pairs,
        known=False,
        rescales="init_noise_sigma" in _source_of_latents(pipe),
    )


def check_call_of(kind: type) -> None:
    """Raise `BadInput` where a class of pipelines is not called as one that draws from text is."""
    parameters = signature(kind.__call__).parameters
    other = next((each for each in OTHER_TASKS if each in parameters), None)
    if other:
        raise BadInput(
            f"{kind.__name__} takes {other}: CoHP needs one that draws an image from text alone."
        )
    missing = [each for each in NEEDED if each not in parameters]
    if missing:
        raise BadInput(_refusal(kind, missing))


def _refusal(kind: type, missing: list[str]) -> str:
    return (
        f"CoHP does not know {kind.__name__} and cannot drive it: it lacks {', '.join(missing)}. "
        "Choose a model of another family."
    )


def _as_text(pipe: Pipe, words: Words) -> Arguments:
    """Pass the prompts on as they are, in lists that grow with the batch as embeddings would."""
    arguments: dict[str, Any] = {"prompt": [words.prompt]}
    takes = signature(pipe.__call__).parameters
    if "negative_prompt" in takes and words.guided:
        arguments["negative_prompt"] = [words.negative]
    if "max_sequence_length" in takes and words.longest is not None:
        arguments["max_sequence_length"] = words.longest
    return arguments


def _source_of_latents(pipe: Pipe) -> tuple[str, ...]:
    """Return the names that a pipeline's making of latents refers to."""
    code = getattr(getattr(pipe, "prepare_latents", None), "__code__", None)
    return tuple(code.co_names) if code else ()
