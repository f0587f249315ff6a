"""A table of texts, written for a terminal, for Markdown and for a page."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Group
from rich.table import Table
from rich.text import Text

from cohp.report.markup import Html, joined, tag


@dataclass(frozen=True)
class Grid:
    """A title, a row of heads, rows of cells, and remarks; the first column names the row."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def text(self) -> Group:
        """Return it for a terminal."""
        table = Table(title=Text(self.title), title_justify="left")
        for place, name in enumerate(self.head):
            table.add_column(Text(name), justify="left" if place == 0 else "right", overflow="fold")
        for row in self.rows:
            table.add_row(*(Text(cell) for cell in row))
        return Group(table, *(Text(note, style="dim") for note in self.notes), Text())

    def markdown(self) -> str:
        """Return it as Markdown."""
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        rows = [_line(self.head), f"|{'|'.join(rule)}|", *map(_line, self.rows)]
        notes = [f"\n{note}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", *rows, *notes, ""])

    def html(self) -> Html:
        """Return it as part of a page."""
        head = tag("tr", *[tag("th", name) for name in self.head])
        rows = [
            tag("tr", tag("th", row[0], scope="row"), *[tag("td", cell) for cell in row[1:]])
            for row in self.rows
        ]
        table = tag("table", tag("thead", head), tag("tbody", *rows))
        notes = [tag("p", note, class_="soft") for note in self.notes]
        return joined(tag("h2", self.title), tag("div", table, class_="wide"), *notes)


def _line(cells: tuple[str, ...]) -> str:
    escaped = (cell.replace("|", r"\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"
