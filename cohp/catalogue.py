"""The models that have a short name: one TOML entry each, ours and the user's."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cohp.errors import BadInput, UnknownName


class Model(BaseModel):
    """What is known of a model before any of it is loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    generator: str
    about: str = ""
    source: str | None = None
    revision: str | None = None
    licence: str | None = None
    bytes: int | None = Field(default=None, ge=0)
    steps: int | None = Field(default=None, ge=1)
    guidance: float | None = Field(default=None, ge=0)
    width: int = Field(default=1024, ge=16)
    height: int = Field(default=1024, ge=16)
    size_multiple: int = Field(default=8, ge=1)
    negative: bool = True
    default: bool = False
    options: Mapping[str, Any] = Field(default_factory=dict)


def user_file() -> Path:
    """Return where a user's own entries are read from: COHP_MODELS, else the settings folder."""
    named = os.environ.get("COHP_MODELS")
    return Path(named) if named else user_config_path("cohp") / "models.toml"


@cache
def catalogue() -> Mapping[str, Model]:
    """Return every named model; a user's entry replaces ours of the same name."""
    entries = _read(files("cohp").joinpath("catalogue.toml").read_text("utf-8"), "the catalogue")
    own = user_file()
    if own.is_file():
        entries |= _read(own.read_text("utf-8"), str(own))
    return entries


def find(name: str) -> Model:
    """Return the model called `name`, or say which names are close."""
    models = catalogue()
    if name not in models:
        raise UnknownName("model", name, models)
    return models[name]


def default_models() -> list[str]:
    """Return the candidates of a recipe that names none."""
    return [model.name for model in catalogue().values() if model.default]


def _read(text: str, where: str) -> dict[str, Model]:
    try:
        tables = tomllib.loads(text)
        return {name: Model(name=name, **table) for name, table in tables.items()}
    except (tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        raise BadInput(f"{where} cannot be read: {error}") from error
