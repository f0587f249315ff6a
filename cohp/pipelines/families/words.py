"""Text to the arguments that hold its embeddings, whatever order a pipeline returns them in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature

from cohp.pipelines.foreign import Arguments, Pipe, Result


@dataclass(frozen=True)
class Words:
    """A prompt with its negative prompt; without `guided` the negative one is not encoded."""

    prompt: str
    negative: str
    guided: bool
    longest: int | None = None


Encode = Callable[[Pipe, Words], Arguments]


def ordered(*names: str) -> Encode:
    """Encode both prompts in one call, which returns what goes into the arguments `names`.

    An empty name stands for something that is not passed on.
    """

    def encode(pipe: Pipe, words: Words) -> Arguments:
        return _named(names, encode_prompt(pipe, words))

    return encode


def apart(*names: str, nothing: str = "") -> Encode:
    """Encode the prompts in a call each; the negative arguments are the same, `negative_` first.

    `nothing` is encoded where no negative prompt was given.
    """

    def encode(pipe: Pipe, words: Words) -> Arguments:
        alone = Words(words.prompt, "", guided=False, longest=words.longest)
        arguments = _named(names, encode_prompt(pipe, alone))
        if words.guided:
            opposite = Words(words.negative or nothing, "", guided=False, longest=words.longest)
            negative = _named(names, encode_prompt(pipe, opposite))
            arguments |= {f"negative_{name}": value for name, value in negative.items()}
        return arguments

    return encode


def encode_prompt(pipe: Pipe, words: Words, **more: object) -> Result:
    """Call a pipeline's own `encode_prompt` with what it knows of all this."""
    known: dict[str, object] = {
        "prompt": words.prompt,
        "do_classifier_free_guidance": words.guided,
        "num_images_per_prompt": 1,
        "device": pipe.device,
        **more,
    }
    # Left out when empty: to some pipelines an absent negative prompt means zeros.
    if words.negative and words.guided:
        known["negative_prompt"] = words.negative
    if words.longest is not None:
        known.setdefault("max_sequence_length", words.longest)
    parameters = signature(pipe.encode_prompt).parameters
    needed = {name: None for name, each in parameters.items() if each.default is Parameter.empty}
    given = {name: value for name, value in known.items() if name in parameters}
    needed.pop("kwargs", None)
    return pipe.encode_prompt(**{**needed, **given})


def _named(names: tuple[str, ...], values: Result) -> Arguments:
    listed = dict(zip(names, values, strict=True))
    return {name: value for name, value in listed.items() if name and value is not None}
