"""The reliability plot: how sure a judge was against how often it was right, as plain SVG."""

from __future__ import annotations

from collections.abc import Iterator

from cohp.bench.accuracy import Bin, Calibrated
from cohp.report.markup import Html, tag
from cohp.report.words import count

SIDE = 300
LEFT, RIGHT, TOP, BELOW = 62, 22, 26, 78
# The axes run from a coin toss to certainty; a bin may be right less often than that.
LOW = 0.5
# Counts are drawn below the plot, the fullest bin this high.
BARS = 34
# Both are seen on white and on black.
COLOUR = "#5b6ee8"
GREY = "#8d8499"


def plot(calibrated: Calibrated, title: str) -> Html:
    """Draw the bins as dots on the diagonal that perfect calibration lies on."""
    floor = min([LOW, *(each.right for each in calibrated.bins)])
    floor = int(floor * 10 + 1e-9) / 10
    said = f"{title}: expected calibration error {calibrated.error:.3f}"
    return tag(
        "svg",
        tag("title", said),
        tag("text", said, x=LEFT, y=16, font_weight="600"),
        *_axes(floor),
        *[part for each in calibrated.bins for part in _dot(each, floor)],
        *_bars(calibrated.bins),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {LEFT + SIDE + RIGHT} {SIDE + TOP + BELOW}",
        width=LEFT + SIDE + RIGHT,
        font_family="system-ui, sans-serif",
        font_size="12",
        fill="currentColor",
        role="img",
    )


def _x(value: float) -> float:
    return LEFT + (value - LOW) / (1 - LOW) * SIDE


def _y(value: float, floor: float) -> float:
    return TOP + (1 - value) / (1 - floor) * SIDE


def _axes(floor: float) -> Iterator[Html]:
    bottom = TOP + SIDE
    yield _line(LEFT, TOP, LEFT, bottom)
    yield _line(LEFT, bottom, LEFT + SIDE, bottom)
    yield _line(_x(LOW), _y(LOW, floor), _x(1), _y(1, floor), stroke_dasharray="4 4")
    for step in range(round(floor * 10), 11):
        value = step / 10
        y = f"{_y(value, floor) + 4:.1f}"
        yield tag("text", f"{value:.0%}", x=LEFT - 6, y=y, text_anchor="end")
        if value >= LOW:
            x = f"{_x(value):.1f}"
            yield tag("text", f"{value:.0%}", x=x, y=bottom + 16, text_anchor="middle")
    yield _label("how sure the judge was, and of how many pairs", LEFT + SIDE / 2, bottom + 34)
    middle = TOP + SIDE / 2
    yield _label("how often it was right", 14, middle, transform=f"rotate(-90 14 {middle:g})")


def _label(text: str, x: float, y: float, **more: str) -> Html:
    return tag("text", text, x=f"{x:g}", y=f"{y:g}", text_anchor="middle", **more)


def _dot(each: Bin, floor: float) -> Iterator[Html]:
    x, y = _x(each.middle), _y(each.right, floor)
    yield _line(x, y, x, _y(each.middle, floor), stroke=COLOUR)
    told = f"{each.middle:.1%} sure, {each.right:.1%} right, {count(each.count, 'pair')}"
    yield tag("circle", tag("title", told), cx=f"{x:.1f}", cy=f"{y:.1f}", r=5, fill=COLOUR)


def _bars(bins: tuple[Bin, ...]) -> Iterator[Html]:
    most = max(each.count for each in bins)
    base = TOP + SIDE + BELOW - 2
    for each in bins:
        height = BARS * each.count / most
        yield tag(
            "rect",
            x=f"{_x(each.low) + 2:.1f}",
            y=f"{base - height:.1f}",
            width=f"{_x(each.high) - _x(each.low) - 4:.1f}",
            height=f"{height:.1f}",
            fill=GREY,
            opacity="0.5",
        )


def _line(x1: float, y1: float, x2: float, y2: float, **more: str) -> Html:
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    return tag("line", **{**ends, "stroke": GREY, **more})
