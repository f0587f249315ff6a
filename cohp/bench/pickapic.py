"""Pick-a-Pic: rows of Parquet with both images inside, read and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cohp.bench.choices import Choice
from cohp.bench.faults import Fault
from cohp.errors import BadInput
from cohp.measure import parquet

# Images are large: so many rows are held at once.
ROWS = 64
NEEDED = ("caption", "jpg_0", "jpg_1", "label_0", "label_1")


def read(path: Path) -> Iterator[Choice | Fault]:
    """Yield the choices of a file; the pictures of a row that has no label are not looked at."""
    for number, row in enumerate(parquet.read(path, ROWS), start=1):
        if lacking := [name for name in NEEDED if name not in row]:
            raise BadInput(f"{path} is not in Pick-a-Pic's shape: it lacks {', '.join(lacking)}.")
        if row.get("has_label") is False:
            continue
        place = f"{path}, row {number}"
        try:
            yield _choice(place, row)
        except BadInput as error:
            yield Fault(place, str(error).rstrip("."))


def _choice(place: str, row: Mapping[str, Any]) -> Choice:
    prompt, labels = row["caption"], (row["label_0"], row["label_1"])
    if not isinstance(prompt, str):
        raise BadInput("its caption is no text")
    if not all(isinstance(each, int | float) for each in labels):
        raise BadInput("a label in it is no number")
    names = (_name(row, 0), _name(row, 1))
    if row["jpg_0"] == row["jpg_1"]:
        raise BadInput(f"{names[0]} stands against itself")
    images = tuple(row[f"jpg_{side}"] for side in (0, 1))
    if lacking := [name for name, each in zip(names, images, strict=True) if not each]:
        raise BadInput(f"{lacking[0]} has no picture in it")
    ranks = (1 - float(labels[0]), 1 - float(labels[1]))
    return Choice(place, prompt, names, ranks, images, row.get("confidence"))


def _name(row: Mapping[str, Any], side: int) -> str:
    return str(row.get(f"image_{side}_uid") or f"jpg_{side}")
