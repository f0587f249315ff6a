"""Owl, elephant and turtle."""

from __future__ import annotations

from training.world.easel import Easel
from training.world.palette import CREAM, GOLD, INK, WOOD, Paint, mix, rgb


def owl(e: Easel, p: Paint) -> None:
    """Draw an owl on a branch, facing us with great round eyes."""
    e.poly([(16, 20), (20, 3), (40, 16)], p.dark)
    e.poly([(84, 20), (80, 3), (60, 16)], p.dark)
    e.blob(
        [
            (50, 9),
            (74, 12),
            (86, 30),
            (87, 58),
            (78, 80),
            (50, 90),
            (22, 80),
            (13, 58),
            (14, 30),
            (26, 12),
        ],
        p.body,
    )
    e.blob(
        [(50, 46), (68, 54), (70, 70), (60, 82), (50, 85), (40, 82), (30, 70), (32, 54)], p.light
    )
    for x, y in ((42, 58), (58, 58), (50, 66), (38, 70), (62, 70), (50, 77)):
        e.poly([(x - 4, y), (x + 4, y), (x, y + 5)], p.body)
    e.blob([(14, 40), (24, 44), (30, 62), (24, 80), (14, 66), (9, 52)], p.dark)
    e.blob([(86, 40), (76, 44), (70, 62), (76, 80), (86, 66), (91, 52)], p.dark)
    e.box(3, 86, 97, 94, WOOD, 4)
    for x in (36, 44, 56, 64):
        e.oval(x, 86, 3.6, 5, GOLD)
    for x in (33, 67):
        e.oval(x, 33, 17, 17, mix(p.light, CREAM, 0.5))
        e.oval(x, 33, 12, 12, GOLD)
        e.eye(x, 33, 7.5, INK)
    e.poly([(43, 40), (57, 40), (50, 54)], rgb("#f08a24"))


def elephant(e: Easel, p: Paint) -> None:
    """Draw an elephant walking to the right, trunk raised a little."""
    e.line([(8, 44), (4, 56), (6, 66)], 3, p.dark)
    for x in (28, 54):
        e.box(x, 58, x + 14, 95, p.dark, 3)
    e.blob(
        [(6, 52), (10, 34), (26, 24), (48, 24), (62, 32), (66, 52), (60, 72), (36, 74), (14, 72)],
        p.body,
    )
    for x in (12, 44):
        e.box(x, 56, x + 15, 96, p.body, 3)
        for toe in (2.5, 7.5, 12.5):
            e.oval(x + toe, 95, 2.2, 2, CREAM)
    trunk = [(84, 38), (88, 50), (89, 66), (88, 78), (91, 83), (95, 80)]
    e.line(trunk[:3], 13, p.body)
    e.line(trunk[2:4], 10, p.body)
    e.line(trunk[3:], 6.5, p.body)
    e.blob([(80, 56), (86, 60), (84, 70), (76, 74), (78, 66)], CREAM)
    e.blob([(58, 32), (62, 16), (76, 11), (90, 18), (96, 34), (93, 48), (80, 58), (64, 54)], p.body)
    e.blob([(52, 18), (64, 18), (72, 28), (72, 46), (64, 62), (54, 62), (44, 48), (43, 30)], p.dark)
    e.blob(
        [(54, 24), (62, 24), (67, 32), (67, 44), (62, 54), (56, 55), (49, 45), (48, 32)], p.light
    )
    e.eye(83, 31, 3.4, INK)


def turtle(e: Easel, p: Paint) -> None:
    """Draw a turtle walking to the right under a domed, patterned shell."""
    skin, shade = rgb("#c9c36a"), rgb("#9a9648")
    e.poly([(4, 80), (16, 70), (20, 82)], shade)
    for x in (16, 56):
        e.blob([(x, 74), (x + 16, 74), (x + 15, 94), (x + 8, 96), (x, 94)], skin)
    e.blob(
        [
            (64, 72),
            (74, 68),
            (76, 52),
            (78, 44),
            (88, 38),
            (97, 46),
            (97, 57),
            (88, 63),
            (86, 74),
            (76, 82),
            (64, 82),
        ],
        skin,
    )
    e.eye(90, 48, 3.4, INK)
    e.line([(88, 57), (96, 56)], 1.6, shade)
    e.blob(
        [(5, 76), (8, 54), (20, 36), (40, 28), (60, 34), (74, 52), (78, 76), (60, 82), (24, 82)],
        p.body,
    )
    e.poly([(34, 38), (48, 38), (55, 50), (48, 62), (34, 62), (27, 50)], p.dark)
    e.poly([(36, 42), (46, 42), (51, 50), (46, 58), (36, 58), (31, 50)], p.light)
    for corners in (
        [(8, 66), (14, 50), (22, 52), (28, 66), (24, 72)],
        [(74, 66), (68, 50), (60, 52), (54, 66), (58, 72)],
        [(33, 68), (49, 68), (52, 75), (30, 75)],
    ):
        e.poly(corners, p.dark)
    e.box(3, 74, 80, 82, p.light, 4)
