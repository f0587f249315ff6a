"""Which image goes with which prompt: one for all, a file of prompts, or each image its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cohp.errors import BadInput
from cohp.measure.finding import find
from cohp.measure.items import Item, Listing
from cohp.measure.prompt_file import in_order, matched, named, names_images

Places = Sequence[str | Path]


def listing(places: Places, prompts: Sequence[str] = (), source: Path | None = None) -> Listing:
    """Return the images of `places` with their prompts.

    Each of `prompts` is for every image. `source` is a folder of texts named like the images, or
    a file of prompts: it may name its images, alone or for those of `places`, or be in their
    order. Without either, each image has its own.
    """
    if prompts and source is not None:
        raise BadInput("Give --prompt or --prompts: an image has one source of prompts.")
    if source is not None and not source.exists():
        raise BadInput(f"There is no {source} to read prompts from.")
    return Listing(_ways(places, prompts, source))


def _ways(
    places: Places, prompts: Sequence[str], source: Path | None
) -> Callable[[], Iterator[Item]]:
    if source is not None and not source.is_dir() and names_images(source):
        return (lambda: matched(places, source)) if places else (lambda: named(source))
    if not places:
        raise BadInput("Name images, folders or patterns to look at.")
    if source is None:
        return lambda: _each(places, prompts or (None,))
    if source.is_dir():
        return lambda: _texts(places, source)
    return lambda: in_order(find(places), source)


def _each(places: Places, prompts: Sequence[str | None]) -> Iterator[Item]:
    for item in find(places):
        if item.error is not None:
            yield item
        else:
            yield from (replace(item, prompt=prompt) for prompt in prompts)


def _texts(places: Places, folder: Path) -> Iterator[Item]:
    for item in find(places):
        beside = folder / f"{Path(item.name).stem}.txt"
        yield item if item.error is not None else replace(item, prompt=beside)
