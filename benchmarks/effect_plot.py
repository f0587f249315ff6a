"""The plot of the effect benchmark as a hand-written SVG: what evaluations buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from effect_study import Outcome, Study, interval

WIDTH, HEIGHT, MARGIN, KEY = 420, 320, 46, 230
COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#b9770e", "#7d3c98", "#148f77", "#884ea0", "#5d6d7e")
NAMED = ("default", "paper", "reference", "quick", "chain", "chain, sketched 8")
"""The settings that get a colour; all others are thin and grey."""


@dataclass(frozen=True)
class _Panel:
    """One pair of axes: where on the page, and which values its edges stand for."""

    left: int
    most: float
    low: float
    high: float

    def point(self, x: float, y: float) -> str:
        """Return where a value lies on the page."""
        across = self.left + MARGIN + x / self.most * (WIDTH - MARGIN - 10)
        up = (y - self.low) / (self.high - self.low)
        return f"{across:.1f},{HEIGHT - MARGIN - up * (HEIGHT - MARGIN - 30):.1f}"


def plot(study: Study) -> str:
    """Return the plot of a study: the share that is right, and the reward."""
    body = [*_panel(study, "right", 0), *_panel(study, "score", WIDTH), *_key(study)]
    size = f'width="{2 * WIDTH + KEY}" height="{HEIGHT}"'
    font = 'font-family="sans-serif" font-size="11"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>\n"])


def _panel(study: Study, what: str, left: int) -> list[str]:
    chains = {each.name: _course(each, what) for each in study.chains}
    rival = [(each.cost, *interval(each.values(what))) for each in study.best_of]
    ends = [y for course in chains.values() for _, y in course]
    values = [*ends, *(y for _, *band in rival for y in band)]
    panel = _Panel(
        left, max(each.cost for each in (*study.chains, *study.best_of)), min(values), max(values)
    )
    band = [(x, high) for x, _, _, high in rival] + [(x, low) for x, _, low, _ in reversed(rival)]
    title = {"right": "share of prompts that are right", "score": "reward of the chosen image"}
    lines = [
        f'<text x="{left + MARGIN}" y="18" font-weight="bold">{title[what]}</text>',
        *_axes(panel),
        f'<polygon points="{_points(panel, band)}" fill="#000" opacity="0.1"/>',
    ]
    for name, course in sorted(chains.items(), key=lambda each: each[0] in NAMED):
        lines.append(_line(panel, course, _colour(name), 2 if name in NAMED else 0.7))
    return [*lines, _line(panel, [(x, y) for x, y, *_ in rival], "#000", 2)]


def _course(outcome: Outcome, what: str) -> list[tuple[float, float]]:
    """Return what was reached for which cost after each round."""
    stops = [outcome.after(number) for number in range(outcome.rounds + 1)]
    return [(stop.cost, float(stop.values(what).mean())) for stop in stops]


def _axes(panel: _Panel) -> list[str]:
    lines = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = panel.low + share * (panel.high - panel.low)
        start, end = panel.point(0, y), panel.point(panel.most, y)
        across, up = start.split(",")
        lines += [
            f'<polyline points="{start} {end}" stroke="#ddd"/>',
            f'<text x="{float(across) - 5}" y="{float(up) + 4}" text-anchor="end">{y:.2f}</text>',
        ]
        across, up = panel.point(share * panel.most, panel.low).split(",")
        lines.append(
            f'<text x="{across}" y="{float(up) + 16}" text-anchor="middle">'
            f"{share * panel.most:.0f}</text>"
        )
    middle, up = panel.point(panel.most / 2, panel.low).split(",")
    label = "network evaluations a prompt"
    return [
        *lines,
        f'<text x="{middle}" y="{float(up) + 34}" text-anchor="middle">{label}</text>',
    ]


def _line(panel: _Panel, course: Sequence[tuple[float, float]], colour: str, width: float) -> str:
    points = _points(panel, course)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _points(panel: _Panel, course: Sequence[tuple[float, float]]) -> str:
    return " ".join(panel.point(x, y) for x, y in course)


def _colour(name: str) -> str:
    return COLOURS[NAMED.index(name)] if name in NAMED else "#aaa"


def _key(study: Study) -> list[str]:
    named = [each.name for each in study.chains if each.name in NAMED]
    rows = [("best of N, and its 95 % interval", "#000")]
    rows += [(name, _colour(name)) for name in named]
    if len(named) < len(study.chains):
        rows.append(("the other settings", "#aaa"))
    x = 2 * WIDTH + 6
    return [
        f'<text x="{x}" y="{40 + 18 * place}" fill="{colour}">{name}</text>'
        for place, (name, colour) in enumerate(rows)
    ]
