"""A file of prompts and the images they belong to: named in it, or in the same order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cohp.errors import BadInput
from cohp.measure.finding import find
from cohp.measure.items import Item
from cohp.measure.rows import IMAGE, PROMPT, Row, rows, value, where


def names_images(source: Path) -> bool:
    """Tell whether the file names images, from its first whole row; prompts it must have."""
    first = next((row for row in rows(source) if row.error is None), None)
    if first is None:
        raise BadInput(f"{source} has no row that can be read.")
    if not any(name in first.values for name in PROMPT):
        raise BadInput(
            f"{source} has no column of prompts, only {', '.join(map(str, first.values))}. "
            f"Name one of them {' or '.join(PROMPT)}."
        )
    return any(name in first.values for name in IMAGE)


def named(source: Path) -> Iterator[Item]:
    """Go through the images that a file names, relative to its own folder."""
    # Digests: many images must not be held.
    seen: dict[int, int] = {}
    for row in rows(source):
        image = value(row, IMAGE)
        if row.error is not None or not isinstance(image, str) or not image:
            yield _broken(source, row, "it names no image")
            continue
        item = _item(source, row, Item(path := _place(source, image), str(path)))
        first = seen.setdefault(hash((item.name, item.prompt)), row.number)
        if first != row.number and item.error is None:
            reason = f"{where(source, row)}: {image} stands with its prompt at {first} too."
            item = replace(item, error=reason)
        yield item


def matched(places: Sequence[str | Path], source: Path) -> Iterator[Item]:
    """Give the images of `places` the prompts that a file has for them, by path or by name."""
    by_path: defaultdict[Path, list[Row]] = defaultdict(list)
    by_name: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows(source):
        image = value(row, IMAGE)
        if row.error is not None or not isinstance(image, str) or not image:
            yield _broken(source, row, "it names no image")
            continue
        by_path[_place(source, image).resolve()].append(row)
        if image == Path(image).name:
            by_name[image].append(row)
    alike = Counter(Path(item.name).name for item in find(places) if item.error is None)
    for item in find(places):
        if item.error is not None:
            yield item
            continue
        name = Path(item.name).name
        if own := by_path.get(Path(item.name).resolve()):
            yield from (_item(source, row, item) for row in own)
        elif name in by_name and alike[name] > 1:
            reason = f"{source} names {name}, and there are several: write more of their paths."
            yield replace(item, prompt="", error=reason)
        elif name in by_name:
            yield from (_item(source, row, item) for row in by_name[name])
        else:
            yield replace(item, prompt="", error=f"{source} has no prompt for {item.name}.")


def in_order(items: Iterable[Item], source: Path) -> Iterator[Item]:
    """Give the first image the first prompt, and so on; what is left over is said."""
    left = rows(source)
    for item in items:
        if item.error is not None:
            yield item
        elif row := next(left, None):
            yield _item(source, row, item)
        else:
            reason = f"{source} has no prompt left for {item.name}: there are more images."
            yield replace(item, prompt="", error=reason)
    for row in left:
        yield _broken(
            source, row, "there is no image left for it: there are more prompts than images"
        )


def _item(source: Path, row: Row, item: Item) -> Item:
    """Give an item the prompt of a row."""
    prompt = value(row, PROMPT)
    if row.error is None and isinstance(prompt, str):
        return replace(item, prompt=prompt, values=row.values)
    error = row.error or ("it has no prompt" if prompt is None else "its prompt is no text")
    return replace(item, prompt="", error=f"{where(source, row)}: {error}.")


def _broken(source: Path, row: Row, otherwise: str) -> Item:
    place = where(source, row)
    return Item(source, place, prompt="", error=f"{place}: {row.error or otherwise}.")


def _place(source: Path, image: str) -> Path:
    """Find an image beside the file that names it, or from where we are."""
    beside = source.parent / image
    return beside if beside.exists() or not Path(image).exists() else Path(image)
