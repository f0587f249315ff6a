"""Copies of the best images, named by their places so that they sort, and nothing overwritten."""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cohp.errors import OutUnwritable
from cohp.measure.ranking import Ranked

LONGEST_NAME = 60


def copy_all(ranked: Sequence[Ranked], folder: Path) -> Iterator[Path]:
    """Copy each image into `folder`, in a folder for each group where there are several.

    One that lies there already is left alone; another file of that name is not replaced.
    """
    places = _folders([each.group for each in ranked], folder)
    digits = len(str(max((each.place for each in ranked), default=1)))
    for each in ranked:
        source = Path(each.judged.item.name)
        wanted = places[each.group] / f"{each.place:0{digits}}-{source.name}"
        try:
            yield _copy(source, wanted)
        except OSError as error:
            raise OutUnwritable(wanted, error.strerror or str(error)) from error


def _folders(groups: Sequence[str], folder: Path) -> dict[str, Path]:
    names = dict.fromkeys(groups)
    if len(names) < 2:  # noqa: PLR2004 - one group needs no folder of its own
        return dict.fromkeys(names, folder)
    places: dict[str, Path] = {}
    for name in names:
        short = re.sub(r"[^\w]+", "-", name.lower()).strip("-")[:LONGEST_NAME] or "group"
        places[name] = _free(folder / short, lambda path: path in places.values())
    return places


def _copy(source: Path, wanted: Path) -> Path:
    wanted.parent.mkdir(parents=True, exist_ok=True)

    def is_taken(path: Path) -> bool:
        return path.exists() and not (path.is_file() and filecmp.cmp(source, path, shallow=False))

    target = _free(wanted, is_taken)
    if not target.exists():
        draft = target.with_name(f".{target.name}.draft")
        shutil.copy2(source, draft)
        draft.replace(target)
    return target


def _free(wanted: Path, is_taken: Callable[[Path], bool]) -> Path:
    """Return the path, or the first numbered one beside it, that is not taken."""
    path, number = wanted, 1
    while is_taken(path):
        number += 1
        path = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    return path
