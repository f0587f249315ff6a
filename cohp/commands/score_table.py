"""Scores as a person reads them: a line an image as they come, a column a judge."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Self

from rich.console import Console
from rich.text import Text

from cohp.measure.items import Judged
from cohp.report.words import count, shortened
from cohp.types import Score

NARROWEST = len("-12.3456 ± 1.2345")
LONGEST_PROMPT = 60


class ScoreTable:
    """Prints its head, a line for each image, and at the end the mean of each column."""

    def __init__(self, console: Console, judges: Iterable[str], *, prompts: bool = False) -> None:
        """Print the head; `prompts` says that each line should show its prompt."""
        self._console = console
        self._prompts = prompts
        self._widths = {name: max(NARROWEST, len(name)) for name in judges}
        self._totals: defaultdict[str, float] = defaultdict(float)
        self._counts: Counter[str] = Counter()
        heads = [name.rjust(width) for name, width in self._widths.items()]
        self._print(Text("  ".join([*heads, "image"]), style="bold"))

    def add(self, judged: Judged) -> None:
        """Print the line of an image."""
        cells, reasons = [], []
        for name, said in judged.said.items():
            if isinstance(said, Score):
                self._totals[name] += said.mean
                self._counts[name] += 1
                cells.append(written(said))
            else:
                cells.append("-")
                reasons.append(said)
        line = Text("  ".join(self._set(cells)))
        name = judged.item.name
        # Most reasons name the image themselves.
        if not any(name in reason for reason in reasons):
            line.append(f"  {name}")
        if self._prompts and judged.prompt:
            line.append(f"  {shortened(judged.prompt, LONGEST_PROMPT)}", style="dim")
        line.append("".join(f"  {reason}" for reason in dict.fromkeys(reasons)), style="red")
        self._print(line)

    def __enter__(self) -> Self:
        """Return itself; the means come at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Print the means, where there is more than one image."""
        if max(self._counts.values(), default=0) > 1:
            means = [
                f"{self._totals[name] / number:.4f}" if (number := self._counts[name]) else "-"
                for name in self._widths
            ]
            images = f"mean of {count(max(self._counts.values()), 'image')}"
            self._print(Text("  ".join([*self._set(means), images]), style="bold"))

    def _set(self, cells: Iterable[str]) -> list[str]:
        return [cell.rjust(width) for cell, width in zip(cells, self._widths.values(), strict=True)]

    def _print(self, line: Text) -> None:
        print_line(self._console, line)


def print_line(console: Console, line: Text) -> None:
    """Print a line whole, however long; another encoding gets a question mark, no traceback."""
    code = console.encoding
    line.plain = line.plain.encode(code, "replace").decode(code)
    console.print(line, soft_wrap=True)


def print_error(console: Console, name: str, reason: str) -> None:
    """Print why an image was left out; its name once."""
    print_line(console, Text(reason if name in reason else f"{name}: {reason}", "red"))


def written(score: Score) -> str:
    """Write a score with its deviation, to four places: some rewards live between 0.2 and 0.3."""
    deviation = "" if score.std is None else f" ± {score.std:.4f}"
    return f"{score.mean:.4f}{deviation}"
