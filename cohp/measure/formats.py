"""How rows lie in a file that grows at its end: JSON Lines, and CSV for scores."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

from cohp.errors import BadInput

COLUMNS = ("image", "prompt", "reward", "revision", "mean", "std", "error")

# How each of our lines of JSON begins: what was cut short is dropped only where it is ours.
START = '{"image": '

Row = Mapping[str, Any]


class Format(Protocol):
    """A way to write rows down one after the other, and to read them back."""

    @property
    def head(self) -> str:
        """What such a file begins with."""
        ...

    def encode(self, row: Row) -> str:
        """Return what a row adds to the file."""
        ...

    def read(self, path: Path) -> Iterator[Row]:
        """Go through the whole rows of a file; a last one that was cut short is dropped."""
        ...


class JsonLines:
    """A JSON object a line."""

    head = ""

    def encode(self, row: Row) -> str:
        """Return a line."""
        return json.dumps(row, ensure_ascii=False) + "\n"

    def read(self, path: Path) -> Iterator[Row]:
        """Go through the lines."""
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                place = f"{path}, line {number}"
                if line.endswith("\n"):
                    yield checked(_parsed(line), place)
                elif not (line.startswith(START) or START.startswith(line)):
                    raise BadInput(_foreign(place))


class Csv:
    """Comma-separated values under a header."""

    head = ",".join(COLUMNS) + "\r\n"

    def encode(self, row: Row) -> str:
        """Return a record."""
        text = StringIO()
        csv.DictWriter(text, COLUMNS).writerow(dict(row))
        return text.getvalue()

    def read(self, path: Path) -> Iterator[Row]:
        """Go through the records."""
        for number, record in _records(path):
            fields = next(csv.reader(StringIO(record)), [])
            whole = len(fields) == len(COLUMNS) and (number > 1 or tuple(fields) == COLUMNS)
            row = checked(
                dict(zip(COLUMNS, fields, strict=True)) if whole else None,
                f"{path}, line {number}",
            )
            if number > 1:
                yield row


def checked(row: Row | None, place: str) -> Row:
    """Return a row that is one of ours; refuse a file that holds anything else."""
    if row is None or not {"image", "prompt", "reward"} <= row.keys():
        raise BadInput(_foreign(place))
    return row


def _foreign(place: str) -> str:
    return f"{place} is no row that CoHP wrote. Name another file with --out."


def _parsed(line: str) -> Row | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _records(path: Path) -> Iterator[tuple[int, str]]:
    """Go through the whole records by their first lines; a quoted field may hold line ends."""
    record, begun = "", 1
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            record += line
            if record.endswith("\n") and record.count('"') % 2 == 0:
                yield begun, record
                record, begun = "", number + 1
    if begun == 1 and not Csv.head.startswith(record):
        raise BadInput(_foreign(f"{path}, line 1"))
