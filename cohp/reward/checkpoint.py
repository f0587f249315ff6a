"""Weights as they lie on the disk: which files they are, and their tensors by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from cohp.errors import BadInput, MissingWeights
from cohp.reward.pickled import PICKLED, twin_or_tensors
from cohp.reward.settings import described, needed, understood
from cohp.whereabouts import LENGTH_BYTES, header

Shape = tuple[int, ...]
INDEX = "model.safetensors.index.json"
# The names transformers saves under, where a folder holds other layouts beside them.
USUAL = {"model.safetensors", "pytorch_model.bin"}


class Checkpoint(Mapping[str, Tensor]):
    """The tensors of one model, in one file or in shards; each is read when it is asked for.

    A pickled file is converted once, and never run. A file that is cut short is an error here,
    before anything is read.
    """

    def __init__(self, place: Path, published: str = "") -> None:
        """`place` is a file or a folder; `published` is the weights' name in it, if there."""
        self.files = weight_files(place, published)
        self.folder = self.files[0].parent
        self.shapes: dict[str, Shape] = {}
        self._readers: dict[str, Callable[[str], Tensor]] = {}
        for file in self.files:
            shapes, reader = _opened(file)
            self.shapes |= shapes
            self._readers |= dict.fromkeys(shapes, reader)

    def __getitem__(self, name: str) -> Tensor:
        return self._readers[name](name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)

    def __str__(self) -> str:
        return str(self.files[0] if len(self.files) == 1 else self.folder)


def weight_files(place: Path, published: str = "") -> list[Path]:
    """Find the weights: the file itself, by their published name, in shards, or the only ones."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise MissingWeights(f"There is no folder {place}. Name the folder that holds the weights.")
    if published and (place / published).is_file():
        return [place / published]
    if (place / INDEX).is_file():
        with understood(place / INDEX):
            parts = sorted(set(described(place, INDEX)["weight_map"].values()))
        return [needed(place, part) for part in parts]
    here = sorted(place.iterdir())
    for suffixes in ((".safetensors",), PICKLED):
        found = [path for path in here if path.suffix in suffixes]
        usual = [path for path in found if path.name in USUAL]
        if len(usual or found) == 1:
            return usual or found
        if found:
            raise _several(place, found)
    raise MissingWeights(f"{place} holds no weights: no .safetensors, .pt, .pth or .bin file.")


def _several(place: Path, found: Sequence[Path]) -> BadInput:
    names = ", ".join(path.name for path in found)
    return BadInput(f"{place} holds several files of weights ({names}). Name one of them.")


def _opened(file: Path) -> tuple[dict[str, Shape], Callable[[str], Tensor]]:
    held = twin_or_tensors(file) if file.suffix in PICKLED else file
    if isinstance(held, dict):
        return {name: tuple(tensor.shape) for name, tensor in held.items()}, held.__getitem__
    # Only the header is looked at here: an archive reads a tensor when it is asked for it.
    return _shapes(held), safe_open(held, framework="pt").get_tensor


def _shapes(file: Path) -> dict[str, Shape]:
    """Return the shape of every tensor, in the order they stand in the file."""
    entries = {name: entry for name, entry in header(file).items() if name != "__metadata__"}
    try:
        ends = {name: int(entry["data_offsets"][1]) for name, entry in entries.items()}
        shapes = {name: tuple(entry["shape"]) for name, entry in entries.items()}
    except (KeyError, IndexError, TypeError, ValueError):
        raise BadInput(f"{file} is no safetensors file. Get it again.") from None
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(LENGTH_BYTES), "little")
    held = file.stat().st_size - LENGTH_BYTES - length
    for name in sorted(entries, key=ends.__getitem__):
        if ends[name] > held:
            raise BadInput(
                f"{file} is cut short: it ends inside {name} of shape {shapes[name]} "
                f"({held} of {ends[name]} bytes). Get it again."
            )
    return shapes
