"""House and castle."""

from __future__ import annotations

from training.world.easel import Easel
from training.world.palette import CREAM, GOLD, INK, WOOD, Paint, rgb

ROOF = rgb("#7a4a3a")


def house(e: Easel, p: Paint) -> None:
    """Draw a cottage with a steep roof, a chimney and two lit windows."""
    e.box(68, 12, 80, 40, ROOF)
    e.box(66, 10, 82, 16, CREAM, 1)
    e.poly([(14, 44), (50, 16), (86, 44), (86, 95), (14, 95)], p.body)
    e.box(14, 88, 86, 95, p.dark)
    e.poly([(50, 5), (98, 43), (92, 51), (50, 19), (8, 51), (2, 43)], ROOF)
    e.oval(50, 37, 6.5, 6.5, CREAM)
    e.oval(50, 37, 4.5, 4.5, GOLD)
    e.box(41, 60, 59, 95, CREAM, 3)
    e.box(43.5, 63, 56.5, 95, WOOD, 2)
    e.oval(53.5, 80, 1.6, 1.6, GOLD)
    for x in (19, 65):
        e.box(x, 56, x + 17, 76, CREAM, 2)
        e.box(x + 2, 58, x + 15, 74, GOLD, 1)
        e.box(x + 7.6, 58, x + 9.4, 74, CREAM)
        e.box(x + 2, 65, x + 15, 66.8, CREAM)


def castle(e: Easel, p: Paint) -> None:
    """Draw a castle with three towers, flags and a dark gate."""
    for x, y in ((16, 3), (84, 3)):
        e.box(x - 1, y, x + 1, 26, WOOD)
        e.poly([(x, y), (x + 12, y + 4), (x, y + 9)], GOLD)
    e.box(26, 44, 74, 96, p.body)
    for x in (27, 41, 54, 67):
        e.box(x, 37, x + 7, 46, p.body)
    for x in (3, 73):
        e.box(x, 34, x + 24, 96, p.dark)
        e.poly([(x - 2, 36), (x + 12, 11), (x + 26, 36)], ROOF)
        e.box(x + 8, 48, x + 16, 62, GOLD, 4)
    e.box(37, 22, 63, 60, p.light)
    for left in (36.0, 45.5, 55.0):
        e.box(left, 15, left + 9, 25, p.light)
    e.box(45, 30, 55, 46, INK, 5)
    e.box(37, 64, 63, 110, CREAM, 13)
    e.box(40, 67, 60, 110, INK, 10)
    for x in (45, 50, 55):
        e.line([(x, 70), (x, 96)], 1.5, GOLD)
