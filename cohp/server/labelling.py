"""What runs decided, as one file to download: pairs that rewards are trained from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cohp.bench.labels import FORMATS, write
from cohp.bench.preferences import Preference, chosen, decided
from cohp.errors import RunTrouble


def packed(runs: Iterable[Path], kind: str, folder: Path, *, people: bool) -> Path:
    """Write the pairs of runs as a format into a new folder; return the one file that has all."""
    made = folder / "pairs"
    path, _ = write(_all(runs, chosen if people else decided), kind, made)
    if FORMATS[kind].columns is not None:
        return path
    return Path(shutil.make_archive(str(folder / f"cohp-{kind}"), "zip", made))


def _all(
    runs: Iterable[Path], decide: Callable[[Path], Iterator[Preference]]
) -> Iterator[Preference]:
    """Go through the runs; one that is damaged costs no other its pairs."""
    for run in runs:
        try:
            yield from [*decide(run)]
        except RunTrouble:
            continue
