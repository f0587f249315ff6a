"""Says which weights a folder or a file holds, cheaply: from sizes, headers and samples."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

from cohp.catalogue import Model
from cohp.options import flat
from cohp.pipelines.parts import parts_of
from cohp.whereabouts import file_of

SAMPLE = 1 << 16
WHOLE = 1 << 20
NOT_WEIGHTS = {".gitattributes", ".jpg", ".jpeg", ".md", ".png", ".webp"}


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def revision(model: Model, place: Path) -> str:
    """Return the commit of a hub's model, else a digest of its files; LoRAs and the rest count."""
    base = place.name if model.origin == "hub" else f"{model.origin}-{_digest(place)}"
    laid = [f"+{_of_lora(file_of(lora))}:{lora.weight:g}" for lora in model.loras]
    borrowed = [
        f"+{name}@{part.place.name if part.place else 'absent'}"
        for name, part in parts_of(model).items()
    ]
    asked = [f":{name}={value}" for name, value in sorted(flat(model.options).items())]
    return "".join([base, *laid, *borrowed, *asked])


def _of_lora(file: Path | None) -> str:
    return _digest(file) if file else "absent"


def _digest(place: Path) -> str:
    """Digest names, sizes and samples: enough to tell two trainings apart without reading all."""
    seen = hashlib.sha256()
    files = [place] if place.is_file() else sorted(each for each in place.rglob("*"))
    for file in files:
        inside = file.relative_to(place) if place.is_dir() else Path(file.suffix)
        hidden = any(part.startswith(".") for part in inside.parts[:-1])
        if file.is_file() and not hidden and not {file.suffix, file.name} & NOT_WEIGHTS:
            seen.update(f"{inside.as_posix()}\0{file.stat().st_size}\0".encode())
            _sample(seen, file)
    return seen.hexdigest()[:12]


def _sample(seen: _Hash, file: Path) -> None:
    size = file.stat().st_size
    with file.open("rb") as stream:
        if size <= WHOLE:
            seen.update(stream.read())
            return
        # The header with the shapes stands at the start; weights are looked at in between.
        for start in (0, size // 4, size // 2, 3 * size // 4, size - SAMPLE):
            stream.seek(start)
            seen.update(stream.read(SAMPLE))
