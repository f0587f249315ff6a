"""What may be asked of the way a model is run, by the kind of generator that runs it.

Options stand in a model's entry, or after its name: `sdxl:quantize=int8:tiling=true`. One that
nobody knows is refused by name; whether a family can honour one is for its generator to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cohp.catalogue import Dtype, Model
from cohp.errors import BadInput

Value = str | bool | int | float


class Options(BaseModel):
    """What every kind of generator keeps to: nothing unknown, no word for a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DiffusersOptions(Options):
    """The options of a diffusers model, with defaults that are safe for every family."""

    # How attention is computed; "sdpa" is what torch does by itself.
    attention: str = "sdpa"
    # torch.compile for the blocks that a denoiser repeats.
    compile: bool = False
    # The autoencoder works on pieces of an image.
    tiling: bool = False
    # What is computed in; without it the entry's own, and float32 on a processor.
    dtype: Dtype | None = None
    # Weights rest in eight bits and are computed in the model's own type.
    fp8: bool = False
    # Weights of fewer bits that are computed with as they are, by torchao.
    quantize: Literal["int8", "int4", "float8"] | None = None
    # Text encoders stay on the device, or on the host while no prompt is encoded.
    text_encoders: Literal["keep", "release"] = "keep"
    # Refined images get the colours of their parent.
    match_colours: bool = False
    # How many tokens of a prompt are read.
    max_sequence_length: int | None = Field(default=None, ge=1)
    # Changes of the noise schedule's configuration, such as its spacing for few steps.
    scheduler: Mapping[str, Any] = Field(default_factory=dict)
    # Further arguments of the pipeline's own call, such as `true_cfg_scale`.
    call: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.fp8 and self.quantize:
            raise ValueError("fp8 and quantize exclude each other: leave one of them out")
        return self


class HostedOptions(Options):
    """The options of a model that a service draws with."""

    # What the service calls the model, where that is not its name here.
    model: str | None = None
    # Sent along as it is.
    body: Mapping[str, Any] = Field(default_factory=dict)
    # Whether the shot's seed is sent.
    seed: bool = False
    # Seconds until an answer is given up.
    timeout: float = Field(default=180.0, gt=0)
    # Images asked for side by side.
    parallel: int = Field(default=4, ge=1)
    key_optional: bool = False


class FakeOptions(Options):
    """The options of the procedural landscapes."""

    # How near a scene comes to the ideal, and how many fit at once.
    skill: float = Field(default=0.5, ge=0, le=1)
    room: int = Field(default=1_000_000, ge=0)


KINDS: Mapping[str, type[Options]] = {
    "diffusers": DiffusersOptions,
    "fake": FakeOptions,
    "hosted": HostedOptions,
}
Kind = TypeVar("Kind", bound=Options)


def check(model: Model) -> None:
    """Raise `BadInput` where a model is asked for something that nobody knows."""
    # A plug-in's generator reads what it is given by itself.
    if model.generator in KINDS:
        read(KINDS[model.generator], model)


def option_names(model: Model) -> list[str]:
    """Return what may be asked of a model, as far as it is known."""
    kind = KINDS.get(model.generator, Options)
    return sorted(kind.model_fields)


def read(kind: type[Kind], model: Model) -> Kind:
    """Read the options of a model, or say by name which of them cannot be meant."""
    try:
        return kind.model_validate(dict(model.options))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(kind.model_fields))
            said = f"there is no option {key!r}; there are {known}"
        elif first["type"] == "dict_type":
            said = f"option {key} is a table; ask for one thing in it: {key}.NAME=VALUE"
        else:
            said = f"{f'option {key}: ' if key else ''}{first['msg'].removeprefix('Value error, ')}"
        raise BadInput(f"{model.name}: {said}.") from error


def with_options(given: Mapping[str, Any], asked: Mapping[str, Value]) -> dict[str, Any]:
    """Return options with others on top; `call.eta` is the `eta` of the table `call`."""
    options = dict(given)
    for key, value in asked.items():
        name, dot, inner = key.partition(".")
        if dot:
            table = options.get(name)
            options[name] = {**(table if isinstance(table, Mapping) else {}), inner: value}
        else:
            options[name] = value
    return options


def flat(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as they are typed, with those of a table each by its own name."""
    found: dict[str, Any] = {}
    for key, value in options.items():
        inner = value if isinstance(value, Mapping) else None
        found |= {key: value} if inner is None else {f"{key}.{k}": v for k, v in inner.items()}
    return found
