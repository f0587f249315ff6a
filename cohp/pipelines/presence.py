"""Tells whether everything a model needs is on this machine, without torch."""

from __future__ import annotations

import os
from pathlib import Path

from cohp.catalogue import Model
from cohp.errors import CohpError
from cohp.pipelines.folder import read, variant_of
from cohp.pipelines.parts import parts_of
from cohp.whereabouts import another_version, config_of, file_of, place_of


def is_here(model: Model) -> bool:
    """Tell whether a model could be drawn with now."""
    if model.origin == "built in":
        return True
    if model.origin == "hosted":
        needed = model.key and not model.options.get("key_optional")
        return not needed or bool(os.environ.get(model.key or ""))
    place = place_of(model)
    return place is not None and _beside(model) and _whole(model, place)


def _beside(model: Model) -> bool:
    """Tell whether what is laid over a model, and what it borrows, is here."""
    return all(map(file_of, model.loras)) and all(part.place for part in parts_of(model).values())


def _whole(model: Model, place: Path) -> bool:
    if place.is_file():
        return config_of(model) is not None
    try:
        variant_of(read(place, model.parts), model.variant)
    except CohpError:
        return False
    return True


def status(model: Model) -> str:
    """Say in a word or two whether a model could be drawn with now."""
    if is_here(model):
        return "built in" if model.origin == "built in" else "here"
    if model.origin == "hosted":
        return f"no {model.key}"
    if model.origin != "hub":
        return "not there"
    if place_of(model):
        return "in part"
    return "another version" if another_version(model) else "no"
