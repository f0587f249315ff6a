"""The files that say how well judges agree with people: Markdown, CSV, plots and a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cohp.bench.accuracy import Accuracy
from cohp.bench.accuracy_tables import tables
from cohp.bench.csv_files import written
from cohp.bench.faults import Fault
from cohp.bench.page import bench_document
from cohp.bench.reliability import plot
from cohp.errors import OutUnwritable
from cohp.record.files import write_whole
from cohp.report.markup import tag


def write_reports(
    folder: Path,
    measured: Mapping[str, Accuracy],
    pairs: str,
    faults: Sequence[Fault],
) -> None:
    """Write every report into a folder, which may be new; `pairs` is the CSV of all of them."""
    grids = tables(measured)
    plots = {judge: plot(each.calibrated, judge) for judge, each in measured.items()}
    sections = [*(grid.html() for grid in grids), tag("div", *plots.values(), class_="contestants")]
    texts = {
        "accuracy.md": "\n".join(grid.markdown() for grid in grids),
        "pairs.csv": pairs,
        "faults.csv": written(("place", "reason"), ((each.place, each.reason) for each in faults)),
        "accuracy.html": bench_document(
            "How well judges agree with people", *[tag("section", each) for each in sections]
        ),
        **{f"reliability-{_slug(judge)}.svg": f"{each}\n" for judge, each in plots.items()},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_whole(folder / name, text.encode("utf-8", "replace"))
    except OSError as error:
        raise OutUnwritable(folder, error.strerror or str(error)) from error


def _slug(judge: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", judge)
