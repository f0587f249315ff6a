"""Car, sailboat, hot-air balloon and rocket."""

from __future__ import annotations

from training.world.easel import Easel
from training.world.palette import (
    CREAM,
    FLAME,
    GLASS,
    GOLD,
    INK,
    STEEL,
    WHITE,
    WOOD,
    Paint,
    mix,
    rgb,
)


def car(e: Easel, p: Paint) -> None:
    """Draw a round little car driving to the right."""
    e.blob([(18, 52), (24, 34), (34, 22), (52, 20), (68, 24), (78, 42), (82, 54)], p.body)
    e.poly([(27, 50), (31, 36), (37, 29), (48, 28), (48, 50)], GLASS)
    e.poly([(53, 50), (53, 28), (63, 30), (69, 38), (73, 50)], GLASS)
    e.box(3, 48, 97, 80, p.body, 12)
    e.box(3, 62, 97, 70, p.dark, 2)
    e.box(3, 50, 20, 56, p.light, 3)
    e.oval(91, 58, 5, 5, GOLD)
    e.box(2, 57, 8, 65, rgb("#ff5a4d"), 2)
    e.box(48, 57, 58, 60, p.line, 1.5)
    for x in (25, 75):
        e.oval(x, 79, 15, 15, INK)
        e.oval(x, 79, 8, 8, CREAM)
        e.oval(x, 79, 3.5, 3.5, STEEL)


def sailboat(e: Easel, p: Paint) -> None:
    """Draw a boat under two full sails."""
    e.box(47, 3, 51, 80, WOOD)
    e.blob([(52, 8), (70, 24), (84, 46), (92, 66), (74, 69), (53, 68), (54, 40)], p.body)
    e.poly([(54, 54), (88, 56), (92, 66), (54, 68)], p.dark)
    e.blob([(46, 14), (34, 30), (20, 50), (9, 66), (28, 69), (46, 67)], p.light)
    e.poly([(5, 74), (96, 74), (86, 95), (20, 95)], mix(WOOD, p.dark, 0.25))
    e.poly([(5, 74), (96, 74), (93, 81), (9, 81)], CREAM)
    for x in (36, 50, 64):
        e.oval(x, 88, 2.8, 2.8, CREAM)
    e.poly([(51, 3), (64, 6), (51, 10)], rgb("#ff5a4d"))


def balloon(e: Easel, p: Paint) -> None:
    """Draw a striped hot-air balloon with a basket."""
    for x, foot in ((34, 43), (66, 57)):
        e.line([(x, 66), (foot, 84)], 1.6, WOOD)
    outer = [
        (50, 3),
        (72, 8),
        (87, 24),
        (88, 42),
        (78, 58),
        (64, 72),
        (36, 72),
        (22, 58),
        (12, 42),
        (13, 24),
        (28, 8),
    ]
    e.blob(outer, p.body)
    stripe = p.dark if p.is_pale else CREAM
    e.blob(
        [
            (50, 3),
            (64, 8),
            (72, 24),
            (72, 44),
            (66, 58),
            (58, 72),
            (42, 72),
            (34, 58),
            (28, 44),
            (28, 24),
            (36, 8),
        ],
        stripe,
    )
    e.blob(
        [
            (50, 3),
            (56, 8),
            (60, 24),
            (60, 44),
            (57, 58),
            (54, 72),
            (46, 72),
            (43, 58),
            (40, 44),
            (40, 24),
            (44, 8),
        ],
        p.body,
    )
    e.blob([(19, 30), (22, 18), (30, 12), (26, 24), (24, 38), (20, 40)], p.light)
    e.box(35, 69, 65, 74, p.dark, 2)
    e.box(40, 82, 60, 97, WOOD, 3)
    e.box(39, 81, 61, 86, mix(WOOD, CREAM, 0.4), 2)


def rocket(e: Easel, p: Paint) -> None:
    """Draw a rocket lifting off on its flame."""
    e.blob([(38, 80), (50, 76), (62, 80), (60, 90), (50, 98), (40, 90)], FLAME)
    e.blob([(44, 80), (50, 78), (56, 80), (55, 86), (50, 92), (45, 86)], rgb("#fff0a0"))
    e.poly([(32, 50), (12, 72), (14, 86), (34, 74)], p.dark)
    e.poly([(68, 50), (88, 72), (86, 86), (66, 74)], p.dark)
    e.blob(
        [
            (50, 2),
            (62, 16),
            (69, 36),
            (70, 58),
            (64, 78),
            (50, 80),
            (36, 78),
            (30, 58),
            (31, 36),
            (38, 16),
        ],
        p.body,
    )
    e.blob([(50, 2), (58, 11), (63, 22), (50, 25), (37, 22), (42, 11)], WHITE)
    e.oval(50, 40, 11.5, 11.5, STEEL)
    e.oval(50, 40, 8.5, 8.5, GLASS)
    e.oval(47, 37, 3, 3, WHITE)
    e.box(34, 64, 66, 69, p.light)
    e.box(36, 76, 64, 82, STEEL, 2)
    e.poly([(47, 62), (53, 62), (53, 86), (47, 86)], p.dark)
