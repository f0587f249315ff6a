"""Streams a large model's safetensors, in one file or in shards, into a module on its device."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

from cohp.errors import BadInput, MissingWeights

Shape = tuple[int, ...]
# What a stored name is called in the model; None for a tensor that is not read at all.
Rename = Callable[[str], str | None]
SAMPLES, SAMPLE_BYTES = 16, 1 << 16


def needed(folder: Path, name: str) -> Path:
    """Return the file called `name` in a reward's folder, or say that it is missing."""
    file = folder / name
    if not file.is_file():
        raise MissingWeights(
            f"{folder} has no {name}. A reward's folder holds config.json, tokenizer.json and "
            "its weights as safetensors; fetch it again, or name the folder that has them."
        )
    return file


def described(folder: Path, name: str) -> dict[str, Any]:
    """Return the table in a folder's JSON file."""
    file = needed(folder, name)
    try:
        table = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise BadInput(f"{file} is not JSON: {error}. Get the file again.") from error
    if not isinstance(table, dict):
        raise BadInput(f"{file} holds no table of settings. Get the file again.")
    return table


def weight_files(folder: Path, published: str) -> list[Path]:
    """Find the weights: by their published name, in shards, or the only safetensors there."""
    if (folder / published).is_file():
        return [folder / published]
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        parts = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return [needed(folder, part) for part in sorted(set(parts))]
    alone = sorted(folder.glob("*.safetensors"))
    return alone if len(alone) == 1 else [needed(folder, "model.safetensors")]


def revision(files: Sequence[Path]) -> str:
    """Name a version of the weights by their headers, sizes and some of their bytes."""
    digest = hashlib.sha256()
    for file in files:
        size = file.stat().st_size
        with file.open("rb") as stream:
            digest.update(size.to_bytes(8, "little"))
            digest.update(stream.read(8 + _header_bytes(file)))
            # Reading all of 17 GB would take longer than loading them does.
            for part in range(SAMPLES):
                stream.seek(size * part // SAMPLES)
                digest.update(stream.read(SAMPLE_BYTES))
    return digest.hexdigest()[:16]


def shapes(files: Sequence[Path], rename: Rename) -> dict[str, Shape]:
    """List every tensor stored with its shape; a file that is cut short is an error here."""
    return {
        target: tuple(entry["shape"])
        for file in files
        for name, entry in _entries(file)
        if (target := rename(name)) is not None
    }


def check(wanted: Mapping[str, Shape], stored: Mapping[str, Shape]) -> None:
    """Compare the names and shapes of a model and of its weights; name the first that differs."""
    for name, shape in wanted.items():
        if name not in stored:
            raise BadInput(
                f"The weights do not fit: {name} is missing and should have shape {shape}. "
                "Get the files again, or name the reward they belong to."
            )
        if stored[name] != shape:
            raise BadInput(
                f"The weights do not fit: {name} has shape {stored[name]} and should have shape "
                f"{shape}. Get config.json and the weights of one and the same model."
            )
    for name, shape in stored.items():
        if name not in wanted:
            raise BadInput(
                f"The weights do not fit: they have {name} of shape {shape}, which this model "
                "does not have. Name the reward they belong to."
            )


def load(
    model: nn.Module,
    files: Sequence[Path],
    *,
    rename: Rename,
    place: Callable[[str, torch.Tensor], None],
) -> None:
    """Give every stored tensor to `place`, one at a time, once all of them are known to fit."""
    wanted = {name: tuple(p.shape) for name, p in model.named_parameters()}
    check(wanted, shapes(files, rename))
    for file in files:
        with safe_open(file, framework="pt") as archive:
            for name in archive.keys():  # noqa: SIM118 - it is no mapping
                if (target := rename(name)) is not None:
                    place(target, archive.get_tensor(name))


def assign(model: nn.Module, name: str, tensor: torch.Tensor) -> None:
    """Put a tensor where the parameter called `name` is, without a copy."""
    owner, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(owner), leaf, nn.Parameter(tensor, requires_grad=False))


def _entries(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    length = _header_bytes(file)
    with file.open("rb") as stream:
        stream.seek(8)
        try:
            header = json.loads(stream.read(length))
        except ValueError:
            raise _no_safetensors(file) from None
    held = file.stat().st_size - 8 - length
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["data_offsets"][1] > held:
            raise BadInput(
                f"{file} is cut short: it ends inside {name} of shape {tuple(entry['shape'])} "
                f"({held} of {entry['data_offsets'][1]} bytes). Get it again."
            )
        yield name, entry


def _header_bytes(file: Path) -> int:
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
    if not 0 < length <= file.stat().st_size - 8:
        raise _no_safetensors(file)
    return length


def _no_safetensors(file: Path) -> BadInput:
    return BadInput(f"{file} is no safetensors file, or only its start. Get it again.")
