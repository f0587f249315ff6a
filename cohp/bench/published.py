"""What others published of models and rewards, with where it was read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Published:
    """One number: of which model or test set, and who says so."""

    name: str
    value: float
    source: str


def overall(protocol: str, judge: str) -> list[Published]:
    """Return the published overall means of a benchmark by a judge."""
    table = _tables().get(protocol, {}).get("overall", {})
    return _values(table) if table.get("judge") == judge else []


def accuracy(judge: str) -> list[Published]:
    """Return the published accuracies of a reward."""
    return [
        each
        for table in _tables()["accuracy"]
        if table["judge"] == judge
        for each in _values(table)
    ]


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("cohp.bench").joinpath("published.toml").read_text("utf-8"))


def _values(table: dict[str, Any]) -> list[Published]:
    return [Published(name, value, table["source"]) for name, value in table["values"]]
