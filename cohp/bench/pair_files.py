"""Files of preferences as they are published: HPDv3, HPDv2, ImageReward and Pick-a-Pic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from cohp.bench import pickapic
from cohp.bench.choices import Choice, Ranked
from cohp.bench.faults import Fault
from cohp.errors import BadInput
from cohp.measure.rows import READERS, Row, is_unicode, rows, where

Values = Mapping[str, Any]


def _hpdv3(values: Values) -> Ranked:
    # The first is always the preferred one.
    files = [values["path1"], values["path2"]]
    return Ranked(values.get("prompt"), files, [0, 1], values.get("confidence"))


def _hpdv2_train(values: Values) -> Ranked:
    ranks = [-each for each in values["human_preference"]]
    return Ranked(values.get("prompt"), values.get("file_path"), ranks, values.get("confidence"))


def _hpdv2_test(values: Values) -> Ranked:
    files = values.get("image_path", values.get("file_path"))
    return Ranked(values.get("prompt"), files, values["rank"])


def _imagereward(values: Values) -> Ranked:
    return Ranked(values.get("prompt"), values.get("generations"), values["ranking"])


# Each shape by a key that no other has.
SHAPES: Mapping[str, Callable[[Values], Ranked]] = {
    "path1": _hpdv3,
    "human_preference": _hpdv2_train,
    "rank": _hpdv2_test,
    "ranking": _imagereward,
}


def choices(path: Path, images: Path | None = None) -> Iterator[Choice | Fault]:
    """Yield the choices in a file, and what is wrong with an item; the rest goes on.

    Images are looked for in the folder `images`, by default that of the file, and there also in
    a folder named like the file, as HPDv2 has it.
    """
    if path.suffix == ".parquet":
        yield from pickapic.read(path)
        return
    if path.suffix not in READERS:
        raise BadInput(f"{path} is no file of pairs: .json, .jsonl and .parquet are read.")
    folder = images or path.parent
    for row in rows(path):
        place = where(path, row)
        try:
            yield _choice(place, row, [folder, folder / path.stem])
        except BadInput as error:
            yield Fault(place, str(error))


def _choice(place: str, row: Row, folders: list[Path]) -> Choice:
    if row.error is not None:
        raise BadInput(row.error)
    key = next((key for key in SHAPES if key in row.values), None)
    if key is None:
        raise BadInput(f"it has none of the keys {', '.join(SHAPES)}")
    try:
        ranked = SHAPES[key](row.values)
        names, ranks = _names(ranked), _ranks(ranked)
        confidence = _confidence(ranked.confidence)
    except KeyError as error:
        raise BadInput(f"it lacks {error}") from error
    except (TypeError, ValueError) as error:
        raise BadInput("a value in it is of a wrong kind") from error
    if len(names) != len(ranks) or len(names) < 2:  # noqa: PLR2004 - a choice is between two
        raise BadInput(f"it has {len(names)} images and {len(ranks)} ranks")
    if not isinstance(ranked.prompt, str) or not is_unicode(ranked.prompt):
        raise BadInput("its prompt is no text")
    found = tuple(_found(each, folders) for each in names)
    return Choice(place, ranked.prompt, names, ranks, found, confidence)


def _names(ranked: Ranked) -> tuple[str, ...]:
    names = ranked.files
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise BadInput("it has no list of image files")
    if twice := next((each for each in names if names.count(each) > 1), None):
        raise BadInput(f"{twice} stands against itself")
    if not all(is_unicode(each) for each in names):
        raise BadInput("the name of an image in it is no text")
    return tuple(names)


def _ranks(ranked: Ranked) -> tuple[float, ...]:
    ranks = tuple(float(each) for each in ranked.ranks)
    if not all(map(isfinite, ranks)):
        raise BadInput("a rank in it is no number")
    return ranks


def _found(name: str, folders: list[Path]) -> Path:
    """Return where an image is; one that is nowhere is said to be missing when it is opened."""
    return next((path for each in folders if (path := each / name).is_file()), folders[0] / name)


def _confidence(value: object) -> float | None:
    """Read a confidence; HPDv3 writes null, or the text null, where it has none."""
    if value in (None, "null"):
        return None
    number = float(str(value))
    if not 0 <= number <= 1:
        raise BadInput(f"its confidence {value} is not between 0 and 1")
    return number
