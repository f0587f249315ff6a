"""What a reward would take of memory, from the headers of its weights or, without, its entry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from math import prod
from pathlib import Path

from cohp.errors import CohpError
from cohp.placement.need import JudgeNeed
from cohp.reward import catalogue, weights
from cohp.reward.wanted import Wanted, read
from cohp.whereabouts import header

# Those of HPSv3's kind compute in bfloat16 on a GPU, the others in float32, and take this beside
# their weights for a full batch on a GPU: they ask what is free and batch by it.
COARSE = "cohp.reward.hpsv3"
SCORING = {True: 1_500_000_000, False: 800_000_000}
# A share for whole numbers with their steps, and for what is not packed.
PACKED = {"8bit": 0.56, "4bit": 0.42}
WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2}


def needs_of(text: str, *, processor: bool, held: Collection[str] = frozenset()) -> list[JudgeNeed]:
    """Return what each of the rewards that were asked for takes; of those held, what is more."""
    needs = ((each, _need(each, processor=processor)) for each in read(text))
    return [
        replace(need, weights=0, leaner=()) if str(wanted.alone) in held else need
        for wanted, need in needs
    ]


def _need(wanted: Wanted, *, processor: bool) -> JudgeNeed:
    name = str(wanted)
    if wanted.name not in catalogue.names():
        return JudgeNeed(name, 0)
    entry = catalogue.find(wanted.name)
    large = entry.implementation.startswith(COARSE)
    usual = "bfloat16" if large and not processor else "float32"
    each = WIDTHS.get(str(wanted.options.get("dtype", usual)), 4)
    values, seen = _values(wanted, entry, 2 if large else 4)
    # A small reward's batch is smaller by what it is smaller.
    scoring = min(SCORING[large], 6 * values)
    need = JudgeNeed(name, values * each, scoring, rough=not seen)
    asked = str(wanted.options.get("quantize", ""))
    if asked in PACKED:
        return replace(need, weights=int(need.weights * PACKED[asked]))
    if not large:
        return need
    leaner = tuple(
        replace(
            need,
            name=str(replace(wanted, options={**wanted.options, "quantize": bits})),
            weights=int(need.weights * share),
        )
        for bits, share in PACKED.items()
    )
    return replace(need, leaner=leaner)


def _values(wanted: Wanted, entry: catalogue.Entry, stored: int) -> tuple[int, bool]:
    """Return how many values the weights have, and whether they were looked at."""
    try:
        sizes = [
            prod(tensor["shape"])
            for file in _files(wanted, entry)
            for name, tensor in header(file).items()
            if name not in ("__metadata__", "lm_head.weight")
        ]
    except CohpError:  # what is wrong with a file is said where it is loaded
        sizes = []
    return (sum(sizes), True) if sizes else (entry.bytes // stored, False)


def _files(wanted: Wanted, entry: catalogue.Entry) -> list[Path]:
    """Return the safetensors files that are here; nothing is linked or converted for it."""
    folder = wanted.place or entry.folder
    if folder is not None:
        return sorted(folder.glob("*.safetensors")) if folder.is_dir() else [folder]
    looked_up = [weights.cached(source, file) for source in entry.sources for file in source.files]
    return [file for file in looked_up if file and file.suffix == ".safetensors"]
