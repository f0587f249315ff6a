"""Where prompts come from: text, CSV, JSON and JSONL files, folders, and the hub's cache."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from cohp.bench.prompts import Given, PromptSet, gather
from cohp.bench.protocols import GENEVAL, HPDV3, HPSV2, PLAIN, Protocol
from cohp.bench.texts import Fault, json_items, json_lines, lines, read_text
from cohp.errors import BadInput, Missing

PROMPT_FIELDS = ("prompt", "caption", "text")
CATEGORY_FIELDS = ("category", "tag", "style")
ALL = "all"
SUFFIXES = (".txt", ".csv", ".tsv", ".json", ".jsonl")
# How HPDv3 names the file of a category.
HPDV3_FILE = re.compile(r"benchmark_(?P<category>.+)")
HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)

Read = Iterator[Given | Fault]


def load(source: str, protocol: Protocol | None = None) -> PromptSet:
    """Read the prompts at `source`; without a `protocol` its shape tells which one it is of."""
    path = Path(source).expanduser()
    if not path.exists() and HUB_ID.fullmatch(source):
        path = _from_hub(source)
    if path.is_dir():
        found, given = _folder(path)
    elif path.is_file():
        found, given = _file(path)
    else:
        raise BadInput(f"There is no file or folder {path}.")
    try:
        return gather(given, protocol or found)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def _from_hub(repo: str) -> Path:
    # Imported here because nothing else of a benchmark needs the network's library.
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415

    try:
        return Path(snapshot_download(repo, repo_type="dataset", local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise Missing(
            f"The dataset {repo} is not on this machine. Get its prompts with: "
            f"hf download {repo} --repo-type dataset --include 'benchmark/*.json'"
        ) from error


def _folder(folder: Path) -> tuple[Protocol, Iterable[Given | Fault]]:
    """Read a folder: a published benchmark, or one file a category."""
    if (folder / "benchmark").is_dir():
        folder = folder / "benchmark"
    files = {each.stem: each for each in sorted(folder.iterdir()) if each.suffix in SUFFIXES}
    if set(HPSV2.categories) <= set(files):
        return HPSV2, _categories({name: files[name] for name in HPSV2.categories})
    matched = {
        found["category"]: files[name] for name in files if (found := HPDV3_FILE.match(name))
    }
    if matched:
        return HPDV3, _hpdv3(folder, matched)
    if not files:
        raise BadInput(f"{folder} holds no prompts: no {', '.join(SUFFIXES)} file.")
    return PLAIN, _categories(files)


def _hpdv3(folder: Path, files: dict[str, Path]) -> Read:
    for name in HPDV3.categories:
        if name not in files:
            missing = folder / f"benchmark_{name}.json"
            yield Fault(missing.name, "it is missing, so the overall mean lacks its category")
    yield from _categories(files)


def _categories(files: dict[str, Path]) -> Read:
    for category, path in files.items():
        for each in _items(path):
            yield each if isinstance(each, Fault) else _given(*each, category, own=False)


def _file(path: Path) -> tuple[Protocol, Iterable[Given | Fault]]:
    items = list(_items(path))
    tagged = any(isinstance(item, dict) and "tag" in item for item in _values(items))
    matched = HPDV3_FILE.match(path.stem)
    category = matched["category"] if matched else ALL
    given = [each if isinstance(each, Fault) else _given(*each, category) for each in items]
    found = {each.category for each in given if isinstance(each, Given)}
    is_geneval = tagged and found <= set(GENEVAL.categories)
    return GENEVAL if is_geneval else PLAIN, given


def _values(items: Iterable[tuple[str, Any] | Fault]) -> list[Any]:
    return [each[1] for each in items if not isinstance(each, Fault)]


def _items(path: Path) -> Iterator[tuple[str, Any] | Fault]:
    """Yield what a file holds: a text or an object an item."""
    match path.suffix:
        case ".txt":
            yield from lines(path)
        case ".csv" | ".tsv":
            yield from _table(path)
        case ".jsonl":
            yield from json_lines(path)
        case ".json":
            yield from json_items(path)
        case _:
            raise BadInput(f"{path} is no prompt file: {', '.join(SUFFIXES)} are read.")


def _table(path: Path) -> Iterator[tuple[str, Any] | Fault]:
    delimiter = "\t" if path.suffix == ".tsv" else ","
    rows = csv.DictReader(StringIO(read_text(path), newline=""), delimiter=delimiter)
    named = [name.strip().lower() for name in rows.fieldnames or ()]
    if not set(named) & set(PROMPT_FIELDS):
        columns = ", ".join(PROMPT_FIELDS)
        raise BadInput(f"{path} has no column for the prompt: call it one of {columns}.")
    rows.fieldnames = named
    try:
        for row in rows:
            place = f"{path.name}, line {rows.line_num}"
            if None in row:
                yield Fault(place, f"it has more than {len(named)} columns; quote the commas in it")
            else:
                yield place, row
    except csv.Error as error:
        yield Fault(
            f"{path.name}, line {rows.line_num}", f"it and what follows is no CSV ({error})"
        )


def _given(place: str, item: object, category: str, *, own: bool = True) -> Given:
    """Find the prompt and the category in an item, which may be the bare text."""
    if not isinstance(item, dict):
        return Given(place, item, category)
    text = next((item[name] for name in PROMPT_FIELDS if name in item), None)
    named = next((item[name] for name in CATEGORY_FIELDS if item.get(name)), category)
    return Given(place, text, named if own else category)
