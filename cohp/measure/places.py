"""Where results may be written, checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cohp.errors import BadInput
from cohp.measure import parquet


def check_file(path: Path, kinds: Collection[str]) -> None:
    """Say at once what would keep a file of one of these kinds from being written at the end."""
    kind = path.suffix.lower()
    if kind not in kinds:
        raise BadInput(f"{path} should end in {' or '.join(kinds)}: that says how to write it.")
    check_parent(path)
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name a file in it.")
    if kind == ".parquet":
        parquet.library()


def check_folder(path: Path) -> None:
    """Say at once what would keep files from being put into a folder at the end."""
    check_parent(path)
    if path.exists() and not path.is_dir():
        raise BadInput(f"{path} is a file; name a folder.")


def check_parent(path: Path) -> None:
    """Say at once where a folder is missing that something is to be put in."""
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {path.parent} to put {path.name} in. Make it first.")
