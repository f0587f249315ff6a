"""The journal: one JSON object a line, each bound to the one before it by a check.

A line ends with `"check": "..."`, a digest of the line and of the check before it, so a
changed, lost or reordered line is found. A last line that was cut short by a kill is dropped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from cohp.errors import RunDamaged

SCHEMA = 1
CHECK_SIZE = 12


def read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the journal's objects and the length of its whole part in bytes.

    Raises `RunDamaged`, naming the line, for anything but a last line cut short.
    """
    objects: list[dict[str, Any]] = []
    whole, check = 0, ""
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        parsed = _parse(line, check)
        if parsed is None:
            if number == len(lines):
                break
            raise RunDamaged(
                f"{path}, line {number}, was changed or lost after it was written. "
                "Restore the file from a copy, or start a new run."
            )
        check = parsed.pop("check")
        objects.append(parsed)
        whole += len(line)
    if objects and objects[0].get("schema") != SCHEMA:
        raise RunDamaged(
            f"{path} has schema {objects[0].get('schema')}, this version reads {SCHEMA}. "
            "Use the version of CoHP that wrote it."
        )
    return objects, whole


class Writer:
    """Appends to a journal; a line that `append` returned from survives a power cut."""

    def __init__(self, path: Path) -> None:
        """Open the journal for appending, dropping a last line that was cut short."""
        self._check = ""
        # A person's choice comes from another thread than what is drawn.
        self._lock = Lock()
        whole = 0
        if path.exists():
            objects, whole = read(path)
            for each in objects:
                self._check = _check(_text(each), self._check)
        self._file: BinaryIO = path.open("ab")
        self._file.truncate(whole)

    def append(self, data: Mapping[str, Any]) -> None:
        """Add one object."""
        text = _text(data)
        with self._lock:
            check = _check(text, self._check)
            self._file.write(_line(text, check))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._check = check

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def _line(text: str, check: str) -> bytes:
    return f'{text[:-1]}, "check": "{check}"}}\n'.encode()


def _check(text: str, before: str) -> str:
    return hashlib.sha256(f"{before}{text}".encode()).hexdigest()[:CHECK_SIZE]


def _parse(line: bytes, before: str) -> dict[str, Any] | None:
    """Return the object on a line, its check included, or None where it is not what was written."""
    try:
        data = json.loads(line)
        check = data.pop("check")
        text = _text(data)
        sound = check == _check(text, before) and line == _line(text, check)
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return {**data, "check": check} if sound else None
