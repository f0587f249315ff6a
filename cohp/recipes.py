"""Where recipes come from: the named ones, a person's TOML file, and options on top."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cohp.errors import BadRecipe, UnknownName
from cohp.recipe import Recipe, build

DEFAULT = "default"


@cache
def named() -> Mapping[str, Mapping[str, Any]]:
    """Return the recipes that go by a name, as plain values."""
    return tomllib.loads(_named_text())


def source(name: str) -> str:
    """Return a named recipe as the text of a recipe file, to start one's own from."""
    if name not in named():
        raise UnknownName("recipe", name, named())
    own = _named_text().partition(f"[{name}]\n")[2]
    return own.partition("\n[")[0].strip()


def make(base: str | None, options: Mapping[str, Any]) -> Recipe:
    """Make a recipe of a named one or a file, with the options that are not None on top."""
    said = {name: value for name, value in options.items() if value is not None}
    itself = own(base)
    if base is None or base in named():
        return build({**itself, **said})
    try:
        return build({**named()[DEFAULT], **itself, **said})
    except BadRecipe as error:
        path = Path(base)
        # The innermost key first: `models.0.width` may be the recipe's own `width`.
        keys = str(error).partition(":")[0].split(".")[::-1]
        text = _read(path)
        line = next(filter(None, (_line_of(key, text) for key in keys if key not in said)), None)
        where = f"{path}, line {line}" if line else str(path)
        raise BadRecipe(f"{where}: {error}") from error


def own(base: str | None) -> Mapping[str, Any]:
    """Return what a named recipe or a file says itself."""
    if base is None or base in named():
        return named()[base or DEFAULT]
    path = Path(base)
    if path.suffix != ".toml" and not path.exists():
        raise UnknownName("recipe", base, named())
    try:
        return tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as error:
        raise BadRecipe(f"{path}: {error}") from error


def _named_text() -> str:
    return files("cohp").joinpath("recipes.toml").read_text("utf-8")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise BadRecipe(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadRecipe(f"{path} is not UTF-8 text") from error


def _line_of(key: str, text: str) -> int | None:
    """Find the line a key stands on, since the TOML reader keeps none."""
    pattern = re.compile(rf"""\s*(\[+\s*)?["']?{re.escape(key)}["']?\s*[=\].]""")
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if pattern.match(line)), None)
