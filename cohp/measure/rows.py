"""The rows of a file of prompts: JSON Lines, JSON, CSV, TSV, Parquet, or a text with one a line."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from cohp.errors import BadInput
from cohp.measure import parquet

PROMPT = ("prompt", "caption", "text")
IMAGE = ("image", "path", "file", "file_name", "filename", "image_path")


@dataclass(frozen=True)
class Row:
    """One row, by its line (its place, where there are no lines), or what is wrong with it."""

    number: int
    values: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


def rows(path: Path) -> Iterator[Row]:
    """Go through the rows of a file, a broken one being said and passed over."""
    kind = path.suffix.lower()
    if kind not in READERS:
        raise BadInput(f"{path} is no file of prompts; its name should end in {KINDS}.")
    try:
        yield from READERS[kind](path)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error


def value(row: Row, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the value of the first of these columns that the row has, or None."""
    return next((row.values[name] for name in names if row.values.get(name) is not None), None)


def is_unicode(text: str) -> bool:
    """Tell whether text has no half of a surrogate pair: those stand for what could not be read."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def where(path: Path, row: Row) -> str:
    """Name the place of a row, for people."""
    return (
        f"{path}, {'row' if path.suffix.lower() in {'.json', '.parquet'} else 'line'} {row.number}"
    )


def _lines(path: Path) -> Iterator[tuple[int, str | None]]:
    """Go through the lines with their numbers; one that is not UTF-8 is None."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            content = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            try:
                yield number, content.decode().rstrip("\r\n")
            except UnicodeDecodeError:
                yield number, None


def _text(path: Path) -> Iterator[Row]:
    for number, line in _lines(path):
        if line is None:
            yield Row(number, error="it is not UTF-8 text")
        elif line.strip():
            yield Row(number, {"prompt": line.strip()})
        else:
            yield Row(number, error="it is empty")


def _json_lines(path: Path) -> Iterator[Row]:
    for number, line in _lines(path):
        if line is None:
            yield Row(number, error="it is not UTF-8 text")
        elif line.strip():
            try:
                yield _object(number, json.loads(line))
            except ValueError as error:
                yield Row(number, error=f"it is not JSON: {error}")


def _json(path: Path) -> Iterator[Row]:
    try:
        listed = json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:  # which UnicodeDecodeError is too
        raise BadInput(f"{path} is not JSON: {error}.") from error
    if not isinstance(listed, list):
        raise BadInput(f"{path} is not a list of prompts or of objects with a prompt each.")
    for number, each in enumerate(listed, start=1):
        yield _object(number, each)


def _object(number: int, found: object) -> Row:
    if isinstance(found, str):
        return Row(number, {"prompt": found})
    if isinstance(found, dict):
        return Row(number, found)
    return Row(number, error="it is neither a prompt nor an object")


def _csv(path: Path, delimiter: str | None = None) -> Iterator[Row]:
    # What is no UTF-8 comes through as halves of surrogate pairs, and is found in its own row.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline()
        file.seek(0)
        between = delimiter or max(",;\t", key=header.count)
        yield from _rows(file, between)


def _rows(file: TextIO, between: str) -> Iterator[Row]:
    """Go through the rows under a header by their first lines."""
    back: deque[str] = deque()
    taken: list[str] = []

    def lines() -> Iterator[str]:
        while line := back.popleft() if back else file.readline():
            taken.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=between, strict=True)
    names: list[str] | None = None
    number = 1
    while True:
        taken.clear()
        try:
            fields = next(reader, None)
        except csv.Error as error:
            row = Row(number, error=f"it is no CSV: {error}")
        else:
            if fields is None:
                return
            row = _record(number, names, fields) if names and fields else Row(number)
        if row.error is not None:
            # A quote that is not closed swallows lines that are whole: only its own is lost.
            back.extendleft(reversed(taken[1:]))
            del taken[1:]
            reader = csv.reader(lines(), delimiter=between, strict=True)
            yield row
        elif names is None and fields:
            names = [name.strip() for name in fields]
        elif fields:
            yield row
        number += len(taken)


def _record(number: int, names: list[str], fields: list[str]) -> Row:
    if not all(is_unicode(each) for each in fields):
        return Row(number, error="it is not UTF-8 text")
    if len(fields) != len(names):
        return Row(number, error=f"it has {len(fields)} fields where the header has {len(names)}")
    return Row(number, dict(zip(names, fields, strict=True)))


def _parquet(path: Path) -> Iterator[Row]:
    for number, each in enumerate(parquet.read(path), start=1):
        yield Row(number, each)


READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
    ".tsv": lambda path: _csv(path, "\t"),
    ".txt": _text,
}
KINDS = ", ".join(READERS)
