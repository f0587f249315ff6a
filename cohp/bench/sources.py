"""Where prompts come from: a file of them, a folder of files, or the hub's cache."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cohp.bench.faults import Fault
from cohp.bench.prompts import ALL, Given, PromptSet, gather
from cohp.bench.protocols import GENEVAL, HPDV3, HPSV2, PLAIN, Protocol
from cohp.errors import BadInput, Missing
from cohp.measure.rows import KINDS, PROMPT, READERS, Row, rows, value, where

CATEGORY = ("category", "tag", "style")
# How HPDv3 names the file of a category.
HPDV3_FILE = re.compile(r"benchmark_(?P<category>.+)")
HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)

Read = Iterable[Given | Fault]


def load(source: str, protocol: Protocol | None = None) -> PromptSet:
    """Read the prompts at `source`; without a `protocol` its shape tells which one it is of."""
    path = Path(source).expanduser()
    if not path.exists() and HUB_ID.fullmatch(source) and path.suffix not in READERS:
        path = _from_hub(source)
    if not path.exists():
        raise BadInput(f"There is no file or folder {path}.")
    found, given = _folder(path) if path.is_dir() else _file(path)
    return gather(given, protocol or found, path)


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


def _folder(folder: Path) -> tuple[Protocol, Read]:
    """Read a folder: a published benchmark, or one file a category."""
    if (folder / "benchmark").is_dir():
        folder = folder / "benchmark"
    files = {each.stem: each for each in sorted(folder.iterdir()) if each.suffix in READERS}
    if set(HPSV2.categories) <= set(files):
        return HPSV2, _categories({name: files[name] for name in HPSV2.categories})
    named = {
        found["category"]: file for stem, file in files.items() if (found := HPDV3_FILE.match(stem))
    }
    if named:
        return HPDV3, _hpdv3(named)
    if not files:
        raise BadInput(f"{folder} holds no prompts: no file ends in {KINDS}.")
    return PLAIN, _categories(files)


def _hpdv3(files: dict[str, Path]) -> Read:
    for name in HPDV3.categories:
        if name not in files:
            yield Fault(f"benchmark_{name}.json", "it is missing, and with it a category")
    yield from _categories(files)


def _categories(files: dict[str, Path]) -> Read:
    for category, path in files.items():
        for row in rows(path):
            yield _given(path, row, category)


def _file(path: Path) -> tuple[Protocol, Read]:
    read = list(rows(path))
    found = HPDV3_FILE.match(path.stem)
    tags = {row.values.get("tag") for row in read if row.error is None}
    protocol = GENEVAL if tags <= set(GENEVAL.categories) else PLAIN
    return protocol, [_given(path, row, None, found["category"] if found else ALL) for row in read]


def _given(path: Path, row: Row, category: str | None, otherwise: str = ALL) -> Given | Fault:
    """Find the prompt in a row, and its category unless the file is one."""
    place = where(path, row)
    if row.error is not None:
        return Fault(place, row.error)
    lower = Row(row.number, {str(name).lower(): each for name, each in row.values.items()})
    return Given(place, value(lower, PROMPT), category or value(lower, CATEGORY) or otherwise)
