"""Where a model's files are on this machine; nothing is fetched and no torch is imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cohp.catalogue import Lora, Model, catalogue
from cohp.errors import BadInput
from cohp.pins import pinned

INDEX = "model_index.json"
# Some hundred thousand tensors; a header beyond this is no header.
LONGEST_HEADER = 100_000_000
LENGTH_BYTES = 8
# What a repository calls its LoRA when the file is not named.
LORA_FILE = "pytorch_lora_weights.safetensors"


def cached(repo: str, file: str, revision: str | None = None) -> Path | None:
    """Return a file of the hub's cache, or None where it is not on this machine.

    Without a revision it is that of the commit this machine holds to, else of the newest here.
    """
    # Imported here because a short name must not wait for it.
    from huggingface_hub import constants, try_to_load_from_cache  # noqa: PLC0415

    try:
        found = try_to_load_from_cache(
            repo, file, cache_dir=constants.HF_HUB_CACHE, revision=revision or pinned(repo)
        )
    except ValueError:  # what is no hub id is not in the cache
        return None
    return Path(found) if isinstance(found, str) else None


def place_of(model: Model) -> Path | None:
    """Return the folder or the file that holds a model's weights, or None where it is not here."""
    if model.source is None or model.origin == "hosted":
        return None
    if model.origin == "hub":
        index = cached(model.source, INDEX, model.revision)
        return index.parent if index else None
    place = Path(model.source)
    return place if place.exists() else None


def another_version(model: Model) -> str | None:
    """Return the commit of a hub's model that is here, where the one that is wanted is not."""
    looked_up = (cached(str(model.source), INDEX, revision) for revision in (None, "main"))
    found = next(filter(None, looked_up), None)
    return found.parent.name if found else None


def file_of(lora: Lora) -> Path | None:
    """Return the file of a LoRA, or None where it is not here."""
    if Path(lora.source).is_absolute():
        return Path(lora.source) if Path(lora.source).is_file() else None
    repo, file = hub_file(lora)
    return cached(repo, file, lora.revision)


def hub_file(lora: Lora) -> tuple[str, str]:
    """Return the repository and the file in it that a hub's LoRA is kept in."""
    owner, name, *file = lora.source.split("/")
    return f"{owner}/{name}", "/".join(file) or LORA_FILE


def config_of(model: Model) -> Path | None:
    """Return the folder with the configuration of a single file, or None where none is here."""
    if model.config is None:
        return None
    if Path(model.config).is_absolute():
        return Path(model.config) if (Path(model.config) / INDEX).is_file() else None
    entry = catalogue().get(model.config)
    index = cached(
        str(entry.source) if entry else model.config, INDEX, entry.revision if entry else None
    )
    return index.parent if index else None


def read_index(folder: Path) -> Mapping[str, Any]:
    """Return what a pipeline folder says of itself."""
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / INDEX} cannot be read: {error}") from error
    if not isinstance(index, dict) or "_class_name" not in index:
        raise BadInput(f"{folder / INDEX} names no pipeline: it has no _class_name.")
    return index


def tensor_names(file: Path) -> frozenset[str]:
    """Return the names of the tensors in a safetensors file, from its header alone."""
    return frozenset(header(file)) - {"__metadata__"}


def header(file: Path) -> Mapping[str, Any]:
    """Return the header of a safetensors file: the dtype and shape of each tensor."""
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(LENGTH_BYTES), "little")
            if not 0 < length <= min(LONGEST_HEADER, file.stat().st_size - LENGTH_BYTES):
                raise BadInput(f"{file} is no safetensors file, or it was cut short.")
            names = json.loads(stream.read(length))
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read as safetensors: {error}") from error
    if not isinstance(names, dict):
        raise BadInput(f"{file} is no safetensors file: its header is not a table.")
    return names
