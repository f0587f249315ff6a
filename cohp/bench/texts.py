"""Texts that people hand in: read whole, and what is wrong with one item kept with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohp.errors import BadInput

NOT_UTF8 = "it is not UTF-8 text"


@dataclass(frozen=True)
class Fault:
    """Something that could not be used: where it stands, and why."""

    place: str
    reason: str

    def __str__(self) -> str:
        """Say it as one line."""
        return f"{self.place}: {self.reason}."


def read_text(path: Path) -> str:
    """Return a file's text; bytes that are not UTF-8 stay recognisable to `is_sound`."""
    try:
        return path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def is_sound(text: str) -> bool:
    """Whether text can be written down again: no broken bytes, no half characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each line that is not empty with its place."""
    # Not splitlines: a prompt may hold one of the rarer separators that it splits at.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield f"{path.name}, line {number}", line.strip()


def json_lines(path: Path) -> Iterator[tuple[str, Any] | Fault]:
    """Yield the value on each line of a JSONL file with its place, or what is wrong with it."""
    for place, line in lines(path):
        if not is_sound(line):
            yield Fault(place, NOT_UTF8)
            continue
        try:
            yield place, json.loads(line)
        except ValueError as error:
            yield Fault(place, f"it is not JSON ({error})")


def json_items(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield each item of a JSON list with its place; raises where it is no such list."""
    try:
        whole = json.loads(read_text(path))
    except ValueError as error:
        raise BadInput(f"{path} is not JSON: {error}.") from error
    if not isinstance(whole, list):
        raise BadInput(f"{path} holds no list: a JSON list with an object an item is needed.")
    for number, item in enumerate(whole, start=1):
        yield f"{path.name}, item {number}", item
