"""A file of weights: which version it is, its tensors by name, and whether they fit a module."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from struct import unpack

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from cohp.cache import cache_folder, put
from cohp.errors import BadInput, MissingWeights

PICKLED = (".pt", ".pth", ".bin", ".ckpt")
NESTS = ("state_dict", "model", "module")
SHA256 = re.compile(r"[0-9a-f]{64}")


def weights_file(place: Path) -> Path:
    """Return the one file of weights at `place`: itself, or the one in that folder."""
    if place.is_file():
        return place
    if not place.is_dir():
        raise MissingWeights(f"There is no folder {place}. Name the folder that holds the weights.")
    here = sorted(place.iterdir())
    for suffixes in ((".safetensors",), PICKLED):
        found = [path for path in here if path.suffix in suffixes]
        # The name transformers saves under, where a folder holds other layouts beside it.
        usual = [path for path in found if path.name in {"model.safetensors", "pytorch_model.bin"}]
        if len(usual or found) == 1:
            return (usual or found)[0]
        if found:
            names = ", ".join(path.name for path in found)
            raise BadInput(f"{place} holds several files of weights ({names}). Name one of them.")
    raise MissingWeights(f"{place} holds no weights: no .safetensors, .pt, .pth or .bin file.")


def digest(path: Path) -> str:
    """Return the sha256 of a file; one is read only once for each time it changes."""
    blob = path.resolve().name
    if SHA256.fullmatch(blob):  # the hub's cache names a large file by its sha256
        return blob
    about = path.stat()
    key = f"{path.resolve()}\n{about.st_size}\n{about.st_mtime_ns}"
    note = cache_folder() / "digests" / hashlib.sha256(key.encode()).hexdigest()
    with suppress(OSError, UnicodeDecodeError):
        if SHA256.fullmatch(known := note.read_text("ascii")):
            return known
    with path.open("rb") as file:
        value = hashlib.file_digest(file, "sha256").hexdigest()
    # A cache that cannot be written costs time, not correctness.
    with suppress(OSError):
        put(note, lambda path: path.write_text(value, "ascii"))
    return value


def revision(*paths: Path) -> str:
    """Return a short name for the version of these weights, as the journal records it."""
    return "+".join(digest(path)[:16] for path in paths)


def read(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file; a pickled one is converted once, and never run."""
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    twin = _twin(path)
    if not twin.is_file():
        found = _unpickle(path)
        try:
            _keep(found, twin)
        except (OSError, SafetensorError):
            return found  # no room for the twin: it will be converted again next time
    return _read_safetensors(twin)


def converted(path: Path) -> Path:
    """Return a pickled file's twin in safetensors, made now where it is not there yet."""
    twin = _twin(path)
    if not twin.is_file():
        try:
            _keep(_unpickle(path), twin)
        except (OSError, SafetensorError) as error:
            raise BadInput(
                f"{path} has to be converted once, and {twin.parent} cannot take it: {error}. "
                "Make room, or name another place with COHP_CACHE."
            ) from error
    return twin


def fit(  # noqa: PLR0913 - each says one thing of the same load
    module: nn.Module,
    tensors: Mapping[str, Tensor],
    *,
    path: Path,
    device: str,
    spare: Sequence[str] = (),
    named: Callable[[str], str] = str,
) -> None:
    """Give `module`, built on the meta device, its weights in float32, ready to score.

    `named` turns a name of the module into the file's. The first tensor that is missing,
    of another shape or unknown is said; names that begin with one of `spare` may be extra.
    """
    wanted = {name: named(name) for name in module.state_dict()}
    for name, value in module.state_dict().items():
        there = tensors.get(wanted[name])
        if there is None or there.shape != value.shape:
            has = "is missing" if there is None else f"has shape {_shape(there)}"
            raise BadInput(
                f"{path} does not fit: {wanted[name]} {has} and should have shape "
                f"{_shape(value)}. Get the file again, or name the reward it belongs to."
            )
    known = set(wanted.values())
    for name in tensors:
        extra = name.startswith(tuple(spare)) or name.endswith("position_ids")
        if name not in known and not extra:
            raise BadInput(
                f"{path} does not fit: it has {name} of shape {_shape(tensors[name])}, which "
                "this model does not have. Name the reward the file belongs to."
            )
    module.load_state_dict(
        {name: _float(tensors[theirs]) for name, theirs in wanted.items()}, assign=True
    )
    for name, buffer in list(module.named_buffers()):
        if buffer.is_meta:  # only positions are left: they are counted, not learned
            owner, _, leaf = name.rpartition(".")
            counted = torch.arange(buffer.shape[-1]).expand(buffer.shape)
            module.get_submodule(owner).register_buffer(leaf, counted, persistent=False)
    module.eval().requires_grad_(requires_grad=False).to(device)


def _twin(path: Path) -> Path:
    return cache_folder() / "converted" / f"{digest(path)}.safetensors"


def _keep(found: Mapping[str, Tensor], twin: Path) -> None:
    put(twin, lambda place: save_file(dict(found), place, metadata={"format": "pt"}))


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{path} cannot be read: {_cut_short(path) or error}.") from error


def _cut_short(path: Path) -> str | None:
    """Say which tensor a safetensors file ends in, where it is shorter than its own header."""
    with path.open("rb") as file:
        start = file.read(8)
        if len(start) < 8:  # noqa: PLR2004 - the header's length takes eight bytes
            return "it is no safetensors file"
        (length,) = unpack("<Q", start)
        have = path.stat().st_size - 8 - length
        if have < 0:
            return "it ends inside its header. Get it again"
        try:
            header = json.loads(file.read(length))
            ends = {
                name: about["data_offsets"][1] for name, about in header.items() if name[:2] != "__"
            }
        except (ValueError, TypeError, KeyError, AttributeError):
            return "it is no safetensors file"
    for name, end in sorted(ends.items(), key=lambda pair: int(pair[1])):
        if end > have:
            shape = tuple(header[name]["shape"])
            return f"it ends inside {name} of shape {shape} ({have} of {end} bytes). Get it again"
    return None


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


def _float(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)
