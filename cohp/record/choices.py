"""A person's choices in a run: their lines in the journal, and which image leads by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cohp.errors import BadInput
from cohp.record.entry import Entry
from cohp.select import stands
from cohp.types import Preferred

if TYPE_CHECKING:
    from cohp.record.folder import RunFolder

KIND = "preferred"
FIELDS = tuple(each.name for each in fields(Preferred))


def to_json(choice: Preferred) -> dict[str, Any]:
    """Return the journal's object for a choice made now."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"kind": KIND, "at": at, **asdict(choice)}


def from_json(line: Mapping[str, Any]) -> Preferred:
    """Read the object that `to_json` made."""
    return Preferred(**{name: line[name] for name in FIELDS})


def leading(entries: Iterable[Entry], choice: Preferred | None) -> Entry | None:
    """Return the best of the images that a person left to choose from; of equals, the first."""
    standing = (each for each in entries if each.score and stands(each.shot, choice))
    return max(standing, key=lambda each: each.mean, default=None)


def decide(folder: RunFolder, shot: str, first: int, more: int | None) -> Preferred:
    """Return the choice of an image for round `first` and on, with `more` rounds from it."""
    entries = dict(folder.entries)
    if shot not in entries or entries[shot].score is None:
        said = "has no score" if shot in entries else "is no image of this run"
        raise BadInput(f"{shot} {said}, so the search cannot go on from it. Choose another one.")
    led = leading(entries.values(), folder.choice)
    over = led.shot.id if led and led.shot.id != shot else None
    return Preferred(shot, first, over, first - 1 + more if more else None)
