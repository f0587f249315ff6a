"""Writes preferences in the formats that rewards are trained from, images beside or inside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohp.bench.preferences import Preference, Side
from cohp.errors import OutUnwritable
from cohp.measure import parquet
from cohp.record.files import write_whole

IMAGES = "images"


@dataclass(frozen=True)
class Labels:
    """A format: the file it is written to, and what it makes of one preference."""

    file: str
    about: str
    row: Callable[[Preference], Mapping[str, Any]]
    # The columns of a table with the images inside; without them, JSON beside a folder of images.
    columns: Mapping[str, str] | None = None


def write(preferences: Iterable[Preference], kind: str, folder: Path) -> tuple[Path, int]:
    """Write preferences as the format `kind` into a folder; return the file and their number."""
    labels = FORMATS[kind]
    path = folder / labels.file
    written = 0

    def rows() -> Iterable[Mapping[str, Any]]:
        nonlocal written
        for each in preferences:
            written += 1
            if labels.columns is None:
                _bring(folder, each.better, each.worse)
            yield labels.row(each)

    try:
        folder.mkdir(parents=True, exist_ok=True)
        if labels.columns is None:
            (folder / IMAGES).mkdir(exist_ok=True)
            text = json.dumps(list(rows()), indent=1, ensure_ascii=False)
            write_whole(path, f"{text}\n".encode())
        else:
            draft = path.with_name(f".{path.name}.draft")
            parquet.write(draft, rows(), labels.columns)
            draft.replace(path)
    except OSError as error:
        raise OutUnwritable(path, error.strerror or str(error)) from error
    return path, written


def _bring(folder: Path, *sides: Side) -> None:
    """Copy images into the folder; they are named by what is in them, so each comes once."""
    for side in sides:
        place = folder / _name(side)
        if not place.exists():
            write_whole(place, side.image.read_bytes())


def _name(side: Side) -> str:
    return f"{IMAGES}/{side.image.name}"


def _hpdv3(each: Preference) -> dict[str, Any]:
    return {
        "prompt": each.prompt,
        "path1": _name(each.better),
        "path2": _name(each.worse),
        "confidence": each.confidence,
        "model1": each.better.model,
        "model2": each.worse.model,
        "source": each.source,
    }


def _hpdv2(each: Preference) -> dict[str, Any]:
    first, second = _shuffled(each)
    return {
        "prompt": each.prompt,
        "file_path": [_name(first), _name(second)],
        "human_preference": [int(side is each.better) for side in (first, second)],
        "confidence": each.confidence,
        "source": each.source,
    }


def _pickapic(each: Preference) -> dict[str, Any]:
    first, second = _shuffled(each)
    row: dict[str, Any] = {
        "caption": each.prompt,
        "best_image_uid": each.better.image.stem,
        "are_different": True,
        "has_label": True,
        "confidence": each.confidence,
        "source": each.source,
    }
    for number, side in enumerate((first, second)):
        row |= {
            f"jpg_{number}": side.image.read_bytes(),
            f"label_{number}": float(side is each.better),
            f"model_{number}": side.model,
            f"image_{number}_uid": side.image.stem,
        }
    return row


def _shuffled(each: Preference) -> tuple[Side, Side]:
    """Return the two sides in an order that tells nothing, the same each time."""
    named = f"{each.prompt}\0{each.better.image.name}\0{each.worse.image.name}"
    odd = hashlib.sha256(named.encode()).digest()[0] % 2
    return (each.worse, each.better) if odd else (each.better, each.worse)


FORMATS: Mapping[str, Labels] = {
    "hpdv3": Labels("pairs.json", "HPDv3's JSON, the preferred image first", _hpdv3),
    "hpdv2": Labels("train.json", "HPDv2's JSON, 1 for the preferred image", _hpdv2),
    "pickapic": Labels(
        "pairs.parquet",
        "Pick-a-Pic's Parquet, the images inside",
        _pickapic,
        {
            "caption": "string",
            **{f"jpg_{side}": "binary" for side in (0, 1)},
            **{f"label_{side}": "double" for side in (0, 1)},
            **{f"model_{side}": "string" for side in (0, 1)},
            **{f"image_{side}_uid": "string" for side in (0, 1)},
            "best_image_uid": "string",
            "are_different": "bool",
            "has_label": "bool",
            "confidence": "double",
            "source": "string",
        },
    ),
}
