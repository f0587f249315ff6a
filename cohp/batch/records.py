"""A batch that many machines work on: what was asked for, and a record of each prompt's outcome.

Every record is one object, so that a store needs neither append nor rename. A prompt is done when
its record is there and whole; whatever else lies in the place, it is searched for again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cohp.batch.book import Book, Done
from cohp.batch.lines import HEAD, JOURNAL, PAGE, RECORDS, Asked, Refused
from cohp.batch.place import Place
from cohp.errors import BadInput, BadRecipe, RunDamaged, RunExists
from cohp.record.folder import BEST

GO_ON = "cohp batch --ray --resume --out"


class Records:
    """A batch's place; it holds no more than its name, so that it travels to other machines."""

    def __init__(self, out: str) -> None:
        """Name the place, a path or any URL that fsspec knows; see `begin` and `reopen`."""
        self.place = Place.named(out)

    def begin(self, asked: Sequence[Asked], refused: Sequence[Refused]) -> Book:
        """Begin a batch in a place that is new or empty."""
        if self.place.names():
            raise RunExists(str(self.place), f"{GO_ON} {self.place}")
        book = Book(asked, refused)
        self.place.write(HEAD, _bytes(book.to_json()))
        return book

    def reopen(self, tell: Callable[[int, int], None] = lambda _read, _all: None) -> Book:
        """Read the batch and its records; `tell` hears how many are read, and of how many."""
        head = self.place.read(HEAD)
        if head is None and self.place.read(JOURNAL) is not None:
            raise BadInput(f"The batch in {self.place} was begun without --ray: leave it out.")
        if head is None:
            raise BadInput(
                f"{self.place} holds no batch that was begun with --ray. Name the place that "
                f"cohp batch printed, the one with {HEAD} in it."
            )
        try:
            book = Book.from_json(json.loads(head))
        except (ValueError, KeyError, TypeError, AttributeError, BadRecipe) as error:
            raise RunDamaged(
                f"{self.place}/{HEAD} was changed or cut short. Restore it from a copy, or begin "
                "another batch."
            ) from error
        book.done = self.done(tell)
        return book

    def done(self, tell: Callable[[int, int], None] = lambda _read, _all: None) -> dict[int, Done]:
        """Read all records by the number of their prompt; one that is not whole counts as none."""
        listed = [number for each in self.place.names(RECORDS) if (number := _number(each))]
        records = self.place.read_all([_name(number) for number in listed])
        found = {}
        for read, (number, data) in enumerate(zip(listed, records, strict=True), start=1):
            done = _done(data)
            if done is not None and done.number == number:
                found[number] = done
            tell(read, len(listed))
        return found

    def put(self, done: Done) -> None:
        """Record what became of a prompt; its files are there already."""
        self.place.write(_name(done.number), _bytes(done.to_json()))

    def upload(self, run: Path, name: str) -> None:
        """Put the files of a run folder where the batch keeps those of the run `name`."""
        self.place.upload(run, name)

    def pictures(self, runs: Sequence[Asked]) -> Iterator[bytes | None]:
        """Read the best images of some prompts; None where one is gone."""
        return self.place.read_all([f"{each.name}/{BEST}" for each in runs])

    def page(self, page: bytes) -> None:
        """Put the page over the batch."""
        self.place.write(PAGE, page)


def _name(number: int) -> str:
    return f"{RECORDS}/{number}.json"


def _number(name: str) -> int | None:
    found = re.fullmatch(r"([1-9][0-9]{0,17})\.json", name)
    return int(found[1]) if found else None


def _done(data: bytes | None) -> Done | None:
    """Read a record; None where it is not whole."""
    try:
        done = Done.from_json(json.loads(data or b""))
    except (ValueError, KeyError, TypeError):
        return None
    return None if done.score is None and done.reason is None else done


def _bytes(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, allow_nan=False).encode()
