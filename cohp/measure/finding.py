"""The image files that a person means by files, folders and patterns, one at a time, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cohp.measure.items import Item

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
MAGIC = re.compile(r"[*?\[]")

Folder = tuple[int, int]


def find(places: Iterable[str | Path]) -> Iterator[Item]:
    """Go through the images of files, folders (and those in them) and patterns.

    What is no image by its name is passed over in a folder, and kept where it was named.
    """
    for place in places:
        path = Path(place)
        if path.is_dir():
            nothing = f"{place} holds no images: nothing in it ends in .png, .jpg, .webp, ..."
            yield from _some(_inside(path, ()), path, nothing)
        elif MAGIC.search(str(place)) and not path.exists():
            yield from _some(_matching(str(place)), path, f"No image matches {place}.")
        else:
            yield Item(path, str(place))


def _some(items: Iterator[Item], place: Path, nothing: str) -> Iterator[Item]:
    found = False
    for item in items:
        found = True
        yield item
    if not found:
        yield _bad(place, nothing)


def _inside(folder: Path, above: tuple[Folder, ...]) -> Iterator[Item]:
    try:
        status = folder.stat()
        names = sorted((path.name for path in folder.iterdir()), key=_natural)
    except OSError as error:
        yield _bad(folder, f"{folder} cannot be read: {error.strerror}.")
        return
    itself = status.st_dev, status.st_ino
    if itself in above:
        yield _bad(folder, f"{folder} is a link to a folder it lies in; it was not followed.")
        return
    yield from _images((folder / name for name in names), (*above, itself))


def _matching(pattern: str) -> Iterator[Item]:
    fixed, rest = _split(pattern)
    try:
        names = sorted((str(path) for path in fixed.glob(rest)), key=_natural)
    except ValueError as error:
        yield _bad(Path(pattern), f"{pattern} is no pattern: {error}.")
        return
    yield from _images(map(Path, names), ())


def _images(paths: Iterable[Path], above: tuple[Folder, ...]) -> Iterator[Item]:
    for path in paths:
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _inside(path, above)
        elif path.suffix.lower() in SUFFIXES:
            yield Item(path, str(path))


def _split(pattern: str) -> tuple[Path, str]:
    """Split a pattern into the folder before the first part that is one, and the rest."""
    parts = Path(pattern).parts
    first = next(place for place, part in enumerate(parts) if MAGIC.search(part))
    return Path(*parts[:first]), str(Path(*parts[first:]))


def _natural(name: str) -> list[tuple[int, str]]:
    """Order names as a person counts them: 2.png before 10.png."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _bad(path: Path, reason: str) -> Item:
    return Item(path, str(path), prompt="", error=reason)
