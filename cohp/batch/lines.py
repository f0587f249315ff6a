"""The lines of a file of prompts as jobs: each a prompt with the recipe keys it sets itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohp.engine import compose
from cohp.errors import BadInput, CohpError
from cohp.measure.rows import PROMPT, Row, is_unicode, rows, value
from cohp.recipe import Recipe
from cohp.record.places import run_name
from cohp.spelling import listed

# The name of a line's run folder, and the recipe it starts from: no keys of a recipe.
OUT, BASE = "out", "recipe"
# Keys whose values are text, also where a table holds nothing but text.
TEXTS = frozenset({*PROMPT, "negative", "search", "reward", "combine", "referee", "models"})
TEXTS |= {"pick", "carry", "opening", OUT, BASE}
TABLES = frozenset({".csv", ".tsv"})
# What the batch's folder holds beside the runs.
JOURNAL, HEAD, RECORDS, PAGE = "batch.jsonl", "batch.json", "records", "index.html"
OWN = frozenset({JOURNAL, HEAD, RECORDS, PAGE})


@dataclass(frozen=True)
class Asked:
    """One prompt of a batch: its number, the line it came from, its run's name and its recipe."""

    number: int
    line: int
    name: str
    recipe: Recipe


@dataclass(frozen=True)
class Refused:
    """A line that cannot be used, and why."""

    line: int
    reason: str


def read(source: Path, options: Mapping[str, Any]) -> tuple[list[Asked], list[Refused]]:
    """Read a file of prompts; a line's own keys go before `options`, and bad lines are told."""
    asked: list[Asked] = []
    refused: list[Refused] = []
    taken: set[str] = set()
    for row in _filled(source):
        number = len(asked) + len(refused) + 1
        try:
            each = _asked(number, row, options, text_alone=source.suffix.lower() in TABLES)
            if each.name in taken:
                raise BadInput(f"out: {each.name} is another line's too")
        except CohpError as error:
            refused.append(Refused(row.number, str(error)))
        else:
            asked.append(each)
            taken.add(each.name)
    if not asked:
        first = f" Line {refused[0].line}: {refused[0].reason}" if refused else ""
        raise BadInput(f"{source} holds no prompt that can be used.{first}")
    return asked, refused


def is_folder_name(name: str) -> bool:
    """Tell whether a run folder may have the name: inside the batch's, and not one of its own."""
    return name.casefold() not in OWN and re.fullmatch(r"\w[\w .-]{0,99}", name) is not None


def _filled(source: Path) -> Iterator[Row]:
    """Go through the rows; an empty line of a text stands for nothing."""
    return (row for row in rows(source) if row.error != "it is empty")


def _asked(number: int, row: Row, options: Mapping[str, Any], *, text_alone: bool) -> Asked:
    if row.error is not None:
        raise BadInput(row.error)
    prompt = value(row, PROMPT)
    if not isinstance(prompt, str) or not is_unicode(prompt):
        raise BadInput(f"there is no text where the {PROMPT[0]} should be")
    own = {key: each for key, each in row.values.items() if key not in PROMPT and each is not None}
    if text_alone:
        own = {key: _typed(key, each) for key, each in own.items() if each != ""}
    name = own.pop(OUT, None)
    base = own.pop(BASE, options.get(BASE))
    if isinstance(own.get("models"), str):
        own["models"] = listed(own["models"])
    given = {key: each for key, each in options.items() if key != BASE}
    recipe = compose(prompt, base, **{**given, **own})
    return Asked(number, row.number, _name(name, number, recipe.prompt), recipe)


def _typed(key: str, text: str) -> Any:  # noqa: ANN401 - whatever the cell says
    """Read a cell of a table as the number it may be."""
    if key in TEXTS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _name(name: object, number: int, prompt: str) -> str:
    if name is None:
        return run_name(number, prompt)
    if not isinstance(name, str) or not is_folder_name(name):
        raise BadInput(
            f"out: {name!r} cannot be the name of a folder; use letters and digits, and no name "
            "of the batch's own files"
        )
    return name
