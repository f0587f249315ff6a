"""Pickled weights: converted to safetensors once, as tensors alone, and never run."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from cohp.cache import cache_folder, put
from cohp.errors import BadInput
from cohp.reward.digests import digest

PICKLED = (".pt", ".pth", ".bin", ".ckpt")
NESTS = ("state_dict", "model", "module")


def converted(path: Path) -> Path:
    """Return a pickled file's twin in safetensors, made now where it is not there yet."""
    twin = twin_or_tensors(path)
    if isinstance(twin, Path):
        return twin
    raise BadInput(
        f"{path} has to be converted once, and {cache_folder()} cannot take it. Make room there, "
        "or name another place with COHP_CACHE."
    )


def twin_or_tensors(path: Path) -> Path | dict[str, Tensor]:
    """Return a pickled file's twin, or its tensors where there is no room for a twin."""
    twin = cache_folder() / "converted" / f"{digest(path)}.safetensors"
    if twin.is_file():
        return twin
    found = _unpickle(path)
    try:
        put(twin, lambda place: save_file(found, place, metadata={"format": "pt"}))
    except (OSError, SafetensorError):
        return found  # it will be converted again next time
    return twin


def _unpickle(path: Path) -> dict[str, Tensor]:
    try:
        try:
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError as error:  # the format of before 2020 cannot be mapped
            if "mmap" not in str(error):
                raise
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadInput(
            f"{path} holds code besides tensors, and CoHP does not run code from weights. "
            "Ask its publisher for a .safetensors file."
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, AssertionError) as error:
        raise BadInput(f"{path} cannot be read: it is cut short or is no checkpoint.") from error
    for nest in NESTS:
        if isinstance(found, Mapping) and isinstance(found.get(nest), Mapping):
            found = found[nest]
    if not isinstance(found, Mapping):
        raise BadInput(f"{path} holds a {type(found).__name__}, where tensors by name are wanted.")
    return _apart({name: value for name, value in found.items() if isinstance(value, Tensor)})


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give each tensor memory of its own: safetensors has no way to say that two share it."""
    seen: set[int] = set()
    own = {}
    for name, tensor in tensors.items():
        place = tensor.untyped_storage().data_ptr()
        own[name] = tensor.contiguous().clone() if place in seen else tensor.contiguous()
        seen.add(place)
    return own
