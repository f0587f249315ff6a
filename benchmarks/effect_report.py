"""Writes the tables and the plot of the effect benchmark.

python benchmarks/effect_report.py OUT docs/effect.md

Between the two marks in the page stands what this wrote; the rest of the page is by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from effect_plot import plot
from effect_study import Outcome, Study, interval, ratio, refining, studies

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
SHOWN = (1, 2, 4, 8, 12, 16, 20, 24, 32)
HEAD = (
    "| setting | evaluations | reward | subject | colour | place | time | whole | **right** | "
    "right, times one image | against best of N | right | reward |"
)


def table(study: Study) -> Iterator[str]:
    """Yield the lines of a study's table."""
    prompts = len(study.best_of[0].tried)
    yield f"### {study.group}, {prompts} prompts"
    yield ""
    yield HEAD
    yield "|" + "---|" * HEAD.count(" |")
    single = ("score", "subject", "colour", "place", "time", "whole", "right")
    means = [f"{study.one_image(what).mean():.3f}" for what in single]
    cost = study.best_of[0].cost / len(study.best_of[0].tried[0])
    yield f"| one image | {cost:.0f} | {' | '.join(means[:-1])} | **{means[-1]}** | | | | |"
    shown = [each for n, each in enumerate(study.best_of, 1) if n in SHOWN]
    for outcome in (*shown, *study.chains):
        yield f"| {' | '.join(_row(study, outcome))} |"


def _row(study: Study, outcome: Outcome) -> Iterator[str]:
    right = outcome.values("right")
    yield outcome.name
    yield f"{outcome.cost:.0f}"
    yield f"{outcome.values('score').mean():.3f}"
    for what in ("subject", "colour", "place", "time", "whole"):
        yield f"{outcome.values(what).mean():.3f}"
    yield "**{:.3f}** ({:.3f} to {:.3f})".format(*interval(right))
    yield "{:.2f} ({:.2f} to {:.2f})".format(*ratio(right, study.one_image("right")))
    rival = study.rival(outcome) if outcome in study.chains else None
    if rival is None:
        yield from ("", "", "")
        return
    yield f"{rival.name} ({rival.cost:.0f})"
    yield "{:+.3f} ({:+.3f} to {:+.3f})".format(*interval(right - rival.values("right")))
    gain = outcome.values("score") - rival.values("score")
    yield "{:+.3f} ({:+.3f} to {:+.3f})".format(*interval(gain))


def repairs(folder: Path) -> Iterator[str]:
    """Yield the lines of the table of what refining does to an image."""
    yield "### What refining does"
    yield ""
    yield "| parent | strength | images | right afterwards |"
    yield "|---|---|---|---|"
    for each in refining(folder):
        parent = "right" if each.right else "not right"
        yield f"| {parent} | {each.strength:g} | {each.images} | {each.afterwards:.3f} |"


def main() -> None:
    """Print the tables, or put them with the plot into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("page", type=Path, nargs="?")
    told = parser.parse_args()
    found = studies(told.results)
    text = "\n".join(line for study in found for line in (*table(study), ""))
    text += "\n" + "\n".join((*repairs(told.results), ""))
    if told.page is None:
        print(text)
        return
    for study in [each for each in found if each.chains]:
        picture = Path("images") / f"effect-{study.group}.svg"
        (told.page.parent / picture).write_text(plot(study), "utf-8")
        text += f"\n![{study.group}: right and reward against evaluations]({picture})\n"
    page = told.page.read_text("utf-8")
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    told.page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
