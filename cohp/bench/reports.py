"""The files that say what a benchmark came to: Markdown, CSV and a page with pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cohp.bench.csv_files import images, summaries
from cohp.bench.ledger import GO_ON
from cohp.bench.page import page
from cohp.bench.results import Results
from cohp.bench.tables import tables
from cohp.record.files import write_whole, writing


def markdown(results: Results) -> str:
    """Return every table as Markdown."""
    return "\n".join(grid.markdown() for grid in tables(results))


def write_reports(results: Results) -> Path:
    """Write every report of a benchmark into its folder; return where the page is."""
    folder = results.folder
    texts: Mapping[str, str] = {
        "tables.md": markdown(results),
        "tables.csv": summaries(results),
        "images.csv": images(results),
        "report.html": page(results, folder.name),
    }
    with writing(folder, GO_ON):
        for name, text in texts.items():
            write_whole(folder / name, text.encode("utf-8", "replace"))
    return folder / "report.html"
