"""Files of preferences as they are published: HPDv3, HPDv2, ImageReward and Pick-a-Pic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from cohp.bench.choices import Choice
from cohp.bench.pickapic import pickapic
from cohp.bench.texts import NOT_UTF8, Fault, is_sound, json_items, json_lines
from cohp.errors import BadInput

Reading = Callable[[Mapping[str, Any]], "Ranked"]


@dataclass(frozen=True)
class Ranked:
    """What a format says of one item, before anything is checked."""

    prompt: object
    files: object
    ranks: object
    confidence: object = None


def _hpdv3(item: Mapping[str, Any]) -> Ranked:
    # The first is always the preferred one.
    files = [item["path1"], item["path2"]]
    return Ranked(item.get("prompt"), files, [0, 1], item.get("confidence"))


def _hpdv2_train(item: Mapping[str, Any]) -> Ranked:
    liked = item["human_preference"]
    ranks = [-each for each in liked] if isinstance(liked, list) else liked
    return Ranked(item.get("prompt"), item.get("file_path"), ranks, item.get("confidence"))


def _hpdv2_test(item: Mapping[str, Any]) -> Ranked:
    return Ranked(item.get("prompt"), item.get("image_path", item.get("file_path")), item["rank"])


def _imagereward(item: Mapping[str, Any]) -> Ranked:
    return Ranked(item.get("prompt"), item.get("generations"), item["ranking"])


# Each by a key that only it has.
SHAPES: Mapping[str, tuple[str, Reading]] = {
    "path1": ("hpdv3", _hpdv3),
    "human_preference": ("hpdv2", _hpdv2_train),
    "rank": ("hpdv2", _hpdv2_test),
    "ranking": ("imagereward", _imagereward),
}


def choices(path: Path, images: Path | None = None) -> Iterator[Choice | Fault]:
    """Yield the choices in a file, or what is wrong with an item; the rest goes on.

    Images are looked for in the folder `images`, by default that of the file, and there also in
    a folder named like the file, as HPDv2 has it.
    """
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    folder = images or path.parent
    match path.suffix:
        case ".parquet":
            yield from pickapic(path)
        case ".json":
            for place, item in json_items(path):
                yield _choice(place, item, [folder, folder / path.stem])
        case ".jsonl":
            for each in json_lines(path):
                yield each if isinstance(each, Fault) else _choice(*each, [folder])
        case _:
            raise BadInput(f"{path} is no file of pairs: .json, .jsonl and .parquet are read.")


def _choice(place: str, item: object, folders: list[Path]) -> Choice | Fault:
    if not isinstance(item, dict):
        return Fault(place, "it is no object")
    key = next((key for key in SHAPES if key in item), None)
    if key is None:
        return Fault(place, f"it is of no known shape; one has a key {' or '.join(SHAPES)}")
    try:
        return _checked(place, SHAPES[key][1](item), folders)
    except (TypeError, ValueError, KeyError) as error:
        return Fault(place, str(error).strip("'") if isinstance(error, ValueError) else _lacks(error))


def _lacks(error: TypeError | KeyError) -> str:
    return f"it lacks {error}" if isinstance(error, KeyError) else "a value in it has a wrong type"


def _checked(place: str, ranked: Ranked, folders: list[Path]) -> Choice:
    prompt, files, ranks = ranked.prompt, ranked.files, ranked.ranks
    if not isinstance(prompt, str):
        raise ValueError("there is no prompt in it")  # noqa: TRY004 - told as the item's fault
    if not isinstance(files, list) or not all(isinstance(each, str) for each in files):
        raise ValueError("there is no list of image files in it")
    if not isinstance(ranks, list) or len(ranks) != len(files) or len(files) < 2:
        raise ValueError(f"it has {len(files)} images, and not as many ranks or too few")
    if not all(map(is_sound, [prompt, *files])):
        raise ValueError(NOT_UTF8)
    if twice := next((each for each in files if files.count(each) > 1), None):
        raise ValueError(f"{twice} stands against itself")
    numbers = tuple(float(rank) for rank in ranks)
    if not all(map(isfinite, numbers)):
        raise ValueError("a rank in it is no number")
    found = tuple(_found(each, folders) for each in files)
    confidence = _confidence(ranked.confidence)
    return Choice(place, prompt, tuple(files), numbers, found, confidence)


def _found(name: str, folders: list[Path]) -> Path:
    """Return where an image is; one that is nowhere is said to be missing when it is opened."""
    return next((path for each in folders if (path := each / name).is_file()), folders[0] / name)


def _confidence(value: object) -> float | None:
    """Read a confidence: HPDv3 writes null, and the text null, where it has none."""
    if value in (None, "null", ""):
        return None
    number = float(str(value))
    if not 0 <= number <= 1:
        raise ValueError(f"its confidence {value} is not between 0 and 1")
    return number
