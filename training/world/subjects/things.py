"""Mushroom, flower, umbrella and teapot."""

from __future__ import annotations

from training.world.easel import Easel
from training.world.palette import CREAM, GOLD, LEAF, WHITE, WOOD, Paint, mix, rgb

LIKE_GOLD = 60  # petals this close to gold get a brown centre


def mushroom(e: Easel, p: Paint) -> None:
    """Draw a toadstool with a spotted cap."""
    e.blob([(38, 46), (62, 46), (64, 74), (70, 92), (50, 97), (30, 92), (36, 74)], CREAM)
    e.blob(
        [(34, 58), (50, 62), (66, 58), (66, 66), (58, 72), (50, 68), (42, 72), (34, 66)],
        rgb("#e8d3b0"),
    )
    e.blob(
        [
            (3, 52),
            (8, 28),
            (26, 9),
            (50, 4),
            (74, 9),
            (92, 28),
            (97, 52),
            (78, 60),
            (50, 62),
            (22, 60),
        ],
        p.body,
    )
    e.blob([(8, 53), (30, 56), (50, 57), (70, 56), (92, 53), (78, 60), (50, 63), (22, 60)], p.dark)
    spot = rgb("#e7a5a5") if p.is_pale else WHITE
    for x, y, r in (
        (50, 20, 8.5),
        (27, 30, 7),
        (73, 30, 7),
        (14, 45, 4.5),
        (86, 45, 4.5),
        (50, 44, 7.5),
        (34, 47, 3.5),
        (67, 47, 3.5),
    ):
        e.oval(x, y, r, r * 0.85, spot)


def flower(e: Easel, p: Paint) -> None:
    """Draw a daisy with a leafy stem."""
    e.line([(50, 40), (50, 70), (49, 95)], 5.5, LEAF)
    e.blob([(49, 92), (36, 76), (12, 72), (18, 88), (36, 96)], LEAF)
    e.blob([(50, 92), (62, 76), (88, 70), (82, 86), (64, 95)], mix(LEAF, WHITE, 0.15))
    for turn, paint in ((22, p.dark), (67, p.dark), (112, p.dark), (157, p.dark)):
        e.oval(50, 37, 35, 10.5, paint, turn)
    for turn in (0, 45, 90, 135):
        e.oval(50, 37, 35, 11, p.body, turn)
    likeness = abs(p.body[0] - GOLD[0]) + abs(p.body[2] - GOLD[2])
    centre = WOOD if likeness <= LIKE_GOLD else GOLD
    e.oval(50, 37, 13.5, 13.5, mix(centre, WOOD, 0.35))
    e.oval(50, 36, 11.5, 11.5, centre)


def umbrella(e: Easel, p: Paint) -> None:
    """Draw an open umbrella with a hooked handle."""
    e.box(48, 3, 52, 12, WOOD, 1)
    e.line([(50, 40), (50, 86)], 4.5, WOOD)
    e.line([(50, 84), (51, 91), (56, 95), (63, 94), (66, 87)], 5, WOOD)
    e.blob(
        [
            (3, 54),
            (8, 32),
            (26, 13),
            (50, 8),
            (74, 13),
            (92, 32),
            (97, 54),
            (82, 48),
            (66, 54),
            (50, 48),
            (34, 54),
            (18, 48),
        ],
        p.body,
    )
    e.blob([(50, 8), (36, 16), (24, 32), (19, 49), (27, 51), (34, 54), (42, 51), (49, 48)], p.light)
    e.blob([(50, 8), (64, 16), (76, 32), (81, 49), (89, 51), (97, 54), (92, 32), (74, 13)], p.dark)


def teapot(e: Easel, p: Paint) -> None:
    """Draw a round teapot, spout to the right."""
    e.line([(24, 42), (10, 42), (4, 56), (10, 72), (26, 76)], 6.5, p.dark)
    e.blob([(68, 56), (82, 54), (86, 42), (88, 32), (98, 30), (96, 46), (90, 66), (74, 80)], p.body)
    e.blob(
        [
            (46, 32),
            (66, 36),
            (79, 54),
            (78, 76),
            (64, 91),
            (46, 93),
            (28, 91),
            (15, 76),
            (14, 54),
            (27, 36),
        ],
        p.body,
    )
    e.blob([(22, 50), (30, 42), (36, 44), (28, 56), (24, 70), (20, 66)], p.light)
    e.box(26, 88, 66, 95, p.dark, 3)
    e.blob([(24, 36), (30, 26), (46, 21), (62, 26), (68, 36), (46, 40)], p.light)
    e.oval(46, 17, 6.5, 6.5, p.dark)
    for x, y in ((46, 58), (37, 66), (55, 66), (46, 74)):
        e.oval(x, y, 5.5, 5.5, CREAM)
    e.oval(46, 66, 4.5, 4.5, GOLD)
