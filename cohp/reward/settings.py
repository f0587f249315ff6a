"""The small files beside weights: there, or said to be missing; readable, or said not to be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cohp.errors import BadInput, CohpError, MissingWeights


def needed(folder: Path, name: str) -> Path:
    """Return the file called `name` in a reward's folder, or say that it is missing."""
    file = folder / name
    if not file.is_file():
        raise MissingWeights(
            f"{folder} has no {name}, which the weights need. Put it there, or name the folder "
            "that has it."
        )
    return file


def described(folder: Path, name: str, otherwise: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the table in a folder's JSON file, or `otherwise` where there is no such file."""
    if otherwise is not None and not (folder / name).is_file():
        return otherwise
    file = needed(folder, name)
    try:
        table = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise BadInput(f"{file} is not JSON: {error}. Get the file again.") from error
    if not isinstance(table, dict):
        raise BadInput(f"{file} holds no table of settings. Get the file again.")
    return table


@contextmanager
def understood(file: Path) -> Iterator[None]:
    """Say which settings are to blame where nothing can be made from them."""
    try:
        yield
    except CohpError:
        raise
    # Each library that reads settings has errors of its own for those it cannot use.
    except Exception as error:
        told = (str(error).strip().splitlines() or [""])[0]
        raise BadInput(
            f"{file} cannot be used ({type(error).__name__}: {told}). Get the file again, or name "
            "the reward it belongs to."
        ) from error
