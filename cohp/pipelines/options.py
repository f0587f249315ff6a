"""What a model's entry may ask of the way it is run; an option nobody knows is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cohp.errors import BadInput


class Options(BaseModel):
    """The options of a diffusers model, with defaults that are safe for every family."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    # How attention is computed; "sdpa" is what torch does by itself.
    attention: str = "sdpa"
    # torch.compile for the blocks that a denoiser repeats.
    compile: bool = False
    # The autoencoder works on pieces of an image.
    vae_tiling: bool = False
    # Weights rest in eight bits and are computed in the model's own type.
    fp8: bool = False
    # Weights of fewer bits that are computed with as they are, by torchao.
    quantise: Literal["int8", "int4", "float8"] | None = None
    # Text encoders stay on the device, or on the host while no prompt is encoded.
    text_encoders: Literal["keep", "release"] = "keep"
    # Refined images get the colours of their parent.
    match_colours: bool = False
    # How many tokens of a prompt are read.
    max_sequence_length: int | None = Field(default=None, ge=1)
    # Further arguments of the pipeline's own call, such as `true_cfg_scale`.
    call: Mapping[str, Any] = Field(default_factory=dict)


def options_of(name: str, given: Mapping[str, Any], elsewhere: frozenset[str]) -> Options:
    """Read the options of the model called `name`; `elsewhere` are those that others read."""
    ours = {key: value for key, value in given.items() if key not in elsewhere}
    try:
        return Options.model_validate(ours)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        known = ", ".join(sorted({*Options.model_fields, *elsewhere}))
        if first["type"] == "extra_forbidden":
            raise BadInput(f"{name}: there is no option {key!r}. There are {known}.") from error
        raise BadInput(f"{name}: option {key}: {first['msg']}.") from error
