"""The reward curve: every image a dot above its round, the best so far a line, as plain SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

from cohp.record.entry import Entry
from cohp.report.markup import Html, tag
from cohp.report.story import Story
from cohp.report.words import Ruler, place, round_name

HEIGHT = 320
TOP, BOTTOM = 22, 280
LEFT, RIGHT = 7.0, 99.0
# A dot's share of its round's width, so that neighbouring rounds stay apart.
SPREAD = 0.62
MOST_DOTS = 1200
MOST_LABELS = 12
TICKS = 4


@dataclass(frozen=True)
class Axes:
    """Where a score and a place in a round lie: x in per cent, so that text never shrinks."""

    low: float
    high: float
    rounds: Mapping[int, int]

    @classmethod
    def of(cls, story: Story) -> Axes:
        """Return axes that hold every score, whiskers included."""
        ends = [
            entry.score.mean + side * (entry.score.std or 0.0)
            for entry in story.scored
            if entry.score
            for side in (-1, 1)
        ]
        low, high = min(ends), max(ends)
        room = (high - low) * 0.06 or 0.5
        columns = {number: column for column, number in enumerate(story.rounds)}
        return cls(low - room, high + room, columns)

    def x(self, number: int, share: float = 0.5) -> float:
        """Return the x of a place in a round; `share` runs from its left edge to its right."""
        width = (RIGHT - LEFT) / len(self.rounds)
        return LEFT + width * (self.rounds[number] + 0.5 + SPREAD * (share - 0.5))

    def y(self, value: float) -> float:
        """Return the y of a score."""
        return BOTTOM - (value - self.low) / (self.high - self.low) * (BOTTOM - TOP)


def curve(story: Story) -> Html:
    """Draw the curve of a story that has at least one score."""
    axes = Axes.of(story)
    spots = dict(_spots(story, axes))
    return tag(
        "svg",
        *_grid(axes, story.ruler),
        *_lead(story, axes),
        *_lineage(story, spots, axes),
        *[_dot(story, entry, spots[entry.shot.id], axes) for entry in _shown(story)],
        class_="curve",
        width="100%",
        height=HEIGHT,
        role="img",
        aria_label=_summary(story),
    )


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two values, about four of them."""
    rough = (high - low) / TICKS
    unit: float = 10.0 ** floor(log10(rough))
    step = next(unit * each for each in (1, 2, 2.5, 5, 10) if unit * each >= rough)
    return [step * number for number in range(ceil(low / step), floor(high / step) + 1)]


def _spots(story: Story, axes: Axes) -> Iterator[tuple[str, float]]:
    for number, row in story.rounds.items():
        for index, entry in enumerate(row):
            yield entry.shot.id, axes.x(number, (index + 0.5) / len(row))


def _shown(story: Story) -> list[Entry]:
    """Return the dots to draw: all, or in a long run each winner, ancestor and some of the rest."""
    every = ceil(len(story.scored) / MOST_DOTS)
    kept = story.winners if len(story.rounds) <= MOST_DOTS else frozenset[str]()
    marked = kept | story.lineage_ids
    return [
        entry
        for index, entry in enumerate(story.scored)
        if index % every == 0 or entry.shot.id in marked
    ]


def _grid(axes: Axes, ruler: Ruler) -> Iterator[Html]:
    steps = ticks(axes.low, axes.high)
    wanted = 0 if not steps or steps[-1] == steps[0] else -log10(steps[1] - steps[0])
    digits = min(ruler.digits, max(0, ceil(wanted)))
    for value in steps:
        y = f"{axes.y(value):.1f}"
        yield tag("line", class_="grid", x1="0", x2="100%", y1=y, y2=y)
        yield tag("text", f"{value:.{digits}f}", class_="tick", x="0", y=f"{axes.y(value) - 5:.1f}")
    every = ceil(len(axes.rounds) / MOST_LABELS)
    for number in list(axes.rounds)[::every]:
        name = "stage one" if number == 0 else str(number)
        x = f"{axes.x(number):.2f}%"
        yield tag("text", name, class_="tick", x=x, y=BOTTOM + 26, text_anchor="middle")


def _lead(story: Story, axes: Axes) -> Iterator[Html]:
    """Draw the best so far as stairs: level while an image leads, a step where another takes it."""
    half = (RIGHT - LEFT) / len(axes.rounds) / 2
    leads = [(number, entry.mean) for number, entry in story.running_best.items()]
    stairs = [(axes.x(number) - half, axes.y(mean)) for number, mean in leads]
    corners = [
        spot
        for place, spot in enumerate(stairs)
        if place == 0 or leads[place][1] != leads[place - 1][1]
    ]
    for (x, y), (end, next_y) in pairwise([*corners, (RIGHT, corners[-1][1])]):
        yield _line("lead", x, y, end, y)
        yield _line("lead", end, y, end, next_y)


def _lineage(story: Story, spots: dict[str, float], axes: Axes) -> Iterator[Html]:
    path = [entry for entry in story.lineage if entry.score]
    for parent, child in pairwise(path):
        yield _line(
            "descent",
            spots[parent.shot.id],
            axes.y(parent.mean),
            spots[child.shot.id],
            axes.y(child.mean),
        )


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Html:
    return tag(
        "line", class_=kind, x1=f"{x1:.2f}%", y1=f"{y1:.1f}", x2=f"{x2:.2f}%", y2=f"{y2:.1f}"
    )


def _dot(story: Story, entry: Entry, x: float, axes: Axes) -> Html:
    if entry.score is None:
        return Html()
    shot, score = entry.shot, entry.score
    kinds = ["dot"]
    kinds += ["won"] if shot.id in story.winners else []
    kinds += ["ancestor"] if shot.id in story.lineage_ids else []
    kinds += ["best"] if story.best and shot.id == story.best.shot.id else []
    whisker = None
    if score.std:
        up, down = axes.y(score.mean + score.std), axes.y(score.mean - score.std)
        whisker = _line("whisker", x, up, x, down)
    radius = 7 if "best" in kinds else 5 if len(kinds) > 1 else 3.5
    return tag(
        "g",
        tag("title", f"{place(entry)}: {story.ruler.score(score)}"),
        whisker,
        tag("circle", cx=f"{x:.2f}%", cy=f"{axes.y(score.mean):.1f}", r=radius),
        class_=" ".join(kinds),
    )


def _summary(story: Story) -> str:
    leads = [
        f"{round_name(number).lower()} {story.ruler.number(entry.mean)}"
        for number, entry in story.running_best.items()
    ]
    return f"The best score up to each round: {', '.join(leads[:MOST_LABELS])}."
