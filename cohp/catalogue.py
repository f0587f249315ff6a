"""The models that have a short name: one TOML entry each, ours and the user's."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cohp.errors import BadInput, UnknownName

Origin = Literal["built in", "hub", "folder", "file", "hosted"]
Dtype = Literal["float32", "float16", "bfloat16"]


class Lora(BaseModel):
    """Low-rank weights laid over a model: a file here, or one of the hub's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    revision: str | None = None
    weight: float = Field(default=1.0, ge=-10, le=10, allow_inf_nan=False)


class Model(BaseModel):
    """What is known of a model before any of it is loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    generator: str = "diffusers"
    about: str = ""
    family: str | None = None
    # A hub id, an absolute path, or the address of a hosted service.
    source: str | None = None
    # A commit. Without one the newest is taken: none was verified, and none is made up.
    revision: str | None = None
    variant: str | None = None
    licence: str | None = None
    gated: bool = False
    # What a download takes, roughly.
    bytes: int | None = Field(default=None, ge=0)
    # The parameters of its parts, roughly: for the memory it takes before it is here.
    billions: Mapping[Literal["denoiser", "encoders", "vae"], float] = Field(default_factory=dict)
    dtype: Dtype | None = None
    steps: int | None = Field(default=None, ge=1)
    guidance: float | None = Field(default=None, ge=0)
    width: int = Field(default=1024, ge=16)
    height: int = Field(default=1024, ge=16)
    size_multiple: int = Field(default=8, ge=1)
    # The longest side it can draw, where there is a limit.
    largest: int | None = Field(default=None, ge=16)
    negative: bool = True
    # Whether a shot of this model can start from an image.
    refines: bool = True
    default: bool = False
    loras: tuple[Lora, ...] = ()
    # Where a single file's configuration comes from: a folder, a hub id or a short name.
    config: str | None = None
    # Parts that are kept elsewhere: "Class@source" by the name of the part.
    parts: Mapping[str, str] = Field(default_factory=dict)
    # The environment variable that holds a hosted model's key, and dollars per image.
    key: str | None = None
    price: float | None = Field(default=None, ge=0)
    options: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _as_services_do(cls, values: Any) -> Any:  # noqa: ANN401 - whatever an entry holds
        """Say of hosted models that they start from no image and take no negative prompt."""
        if isinstance(values, Mapping) and values.get("generator") == "hosted":
            return {**values, "refines": False, "negative": False}
        return values

    @property
    def origin(self) -> Origin:
        """Where this model's weights are to be found."""
        if self.generator == "hosted":
            return "hosted"
        if self.source is None:
            return "built in"
        if Path(self.source).is_absolute():
            return "file" if self.source.endswith(".safetensors") else "folder"
        return "hub"

    @property
    def size(self) -> str:
        """How much there is to download, for people."""
        if self.bytes is None:
            return "of unknown size"
        if self.bytes >= 10**9:
            return f"about {self.bytes / 10**9:.1f} GB"
        return f"about {self.bytes / 10**6:.0f} MB"


def user_file() -> Path:
    """Return where a user's own entries are read from: COHP_MODELS, else the settings folder."""
    named = os.environ.get("COHP_MODELS")
    return Path(named) if named else user_config_path("cohp") / "models.toml"


@cache
def catalogue() -> Mapping[str, Model]:
    """Return every named model; a user's entry replaces ours of the same name."""
    ours = Path(str(files("cohp"))) / "catalogue.toml"
    entries = _read(ours.read_text("utf-8"), "the catalogue", ours.parent)
    own = user_file()
    if own.is_file():
        entries |= _read(own.read_text("utf-8"), str(own), own.absolute().parent)
    return entries


def find(name: str) -> Model:
    """Return the model called `name`, or say which names are close."""
    models = catalogue()
    if name not in models:
        raise UnknownName("model", name, models)
    return models[name]


def is_embedded(name: str) -> bool:
    """Tell whether a model ships inside the package, and so knows its small world alone."""
    return name.startswith("mini-")


def default_models() -> list[str]:
    """Return the candidates of a recipe that names none."""
    return [model.name for model in catalogue().values() if model.default]


def looks_like_path(text: str) -> bool:
    """Tell a path from a hub id without looking at the disk."""
    return text.startswith((".", "/", "~", "\\")) or Path(text).is_absolute()


def _read(text: str, where: str, folder: Path) -> dict[str, Model]:
    try:
        tables = tomllib.loads(text)
        models = {name: Model(name=name, **table) for name, table in tables.items()}
    except (tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        raise BadInput(f"{where} cannot be read: {error}") from error
    return {name: _placed(model, folder) for name, model in models.items()}


def _placed(model: Model, folder: Path) -> Model:
    """Read the paths of an entry from where the file with the entry is."""

    def placed(text: str | None) -> str | None:
        if text is None or not looks_like_path(text):
            return text
        return str((folder / Path(text).expanduser()).resolve())

    loras = tuple(lora.model_copy(update={"source": placed(lora.source)}) for lora in model.loras)
    moved = {"source": placed(model.source), "config": placed(model.config), "loras": loras}
    return model.model_copy(update=moved)
