"""What is known of each reward before any of it is loaded: data, read without torch."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from cohp.errors import UnknownName
from cohp.pins import pinned

DESCRIBE = ("config.json", "med_config.json")


@dataclass(frozen=True)
class Source:
    """Files of one publisher: of a hub repository, or the one file at an address.

    `into` is the subfolder of the reward's folder they go into. `pickled` weights are converted
    to safetensors under the name it gives. Without a `revision` none was verified, and none is
    made up: the newest is taken once, and held to. `seen` is what the newest began with when this
    was written.
    """

    files: tuple[str, ...]
    repo: str | None = None
    revision: str | None = None
    seen: str | None = None
    url: str | None = None
    sha256: str | None = None
    into: str = ""
    pickled: str | None = None

    @property
    def settings(self) -> tuple[tuple[str, ...], ...]:
        """The small files by what they are for: those that describe weights, and the tokenizer's.

        A folder that has one of a kind has all of that kind that it needs.
        """
        small = [file for file in self.files if file.endswith((".json", ".txt"))]
        describe = tuple(file for file in small if file in DESCRIBE)
        return describe, tuple(file for file in small if file not in DESCRIBE)

    @property
    def commit(self) -> str | None:
        """The commit of the repository: ours, or the one that this machine holds to."""
        return self.revision or (pinned(self.repo) if self.repo else None)

    @property
    def where(self) -> str:
        """Name the place the files come from."""
        if self.repo is None:
            return str(self.url)
        return f"{self.repo} at {self.commit[:12]}" if self.commit else self.repo


@dataclass(frozen=True)
class Entry:
    """One reward: its class, what it costs, what its numbers are like."""

    name: str
    implementation: str
    about: str
    licence: str
    range: str
    bytes: int
    aliases: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    # Other rewards whose folder must stand beside this one's.
    needs: tuple[str, ...] = ()
    # Its usual deviation among images of one prompt, roughly: for an ensemble whose opening
    # cannot tell.
    spread: float = 1.0
    # What a difference of scores is multiplied by to be the log-odds of a preference, as its
    # training had it; None where it was not trained on preferences.
    log_odds: float | None = None
    # Where a person gets what no program can download.
    by_hand: str | None = None
    # The folder of this package that holds all of it: nothing is downloaded then.
    inside: str | None = None

    @property
    def folder(self) -> Path | None:
        """Where a reward is that comes with CoHP."""
        return Path(str(files("cohp"))) / self.inside if self.inside else None

    @property
    def size(self) -> str:
        """The size of the files, for people."""
        if self.bytes >= 10**9:
            return f"{self.bytes / 10**9:.1f} GB"
        return f"{self.bytes / 10**6:.0f} MB"


@cache
def entries() -> Mapping[str, Entry]:
    """Return every reward that has weights, by its name; aliases are not in it."""
    text = files("cohp.reward").joinpath("catalogue.toml").read_text("utf-8")
    return {name: _entry(name, table) for name, table in tomllib.loads(text).items()}


@cache
def names() -> Mapping[str, str]:
    """Return "module:attr" for each name and alias, as the registry wants them."""
    return {
        name: entry.implementation
        for entry in entries().values()
        for name in (entry.name, *entry.aliases)
    }


def find(name: str) -> Entry:
    """Return the reward called `name`, or say which names are close."""
    for entry in entries().values():
        if name in (entry.name, *entry.aliases):
            return entry
    raise UnknownName("reward", name, names())


def _entry(name: str, table: dict[str, object]) -> Entry:
    sources = tuple(_source(each) for each in _tables(table.pop("sources", ())))
    listed = {key: tuple(_texts(table.pop(key, ()))) for key in ("aliases", "needs")}
    implementation = table.pop("class")
    return Entry(name=name, implementation=implementation, sources=sources, **listed, **table)  # type: ignore[arg-type]


def _source(table: dict[str, object]) -> Source:
    return Source(files=tuple(_texts(table.pop("files"))), **table)  # type: ignore[arg-type]


def _tables(value: object) -> list[dict[str, object]]:
    return [dict(each) for each in value] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []
