"""The contact sheet: every image, within bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cohp.record.entry import Entry
from cohp.report.layout import MOST_IMAGES, MOST_ROWS, grid_for, rows_of
from cohp.report.letters import font, lines
from cohp.report.sheet import GOLD, contact_sheet
from cohp.types import Score, Shot


def crowd(story, rounds, batch):
    """Return a story of very many images, none of them on disk."""
    entries = tuple(
        Entry(Shot("flux-dev", "p", 64, 64, 1, number, index), Score(number + index / 1000))
        for number in range(rounds)
        for index in range(batch)
    )
    return replace(story, entries=entries, verdict=None, chosen=None)


def test_a_sheet_of_every_shape_is_within_bounds(story):
    sheet = contact_sheet(story)
    assert sheet.mode == "RGB"
    assert 900 <= sheet.width <= 2600
    assert 250 <= sheet.height <= 6000


def test_it_is_the_same_every_time(stories):
    first, second = (contact_sheet(stories["usual"]).tobytes() for _ in range(2))
    assert first == second


def test_winners_are_framed(stories):
    colours = dict(map(reversed, contact_sheet(stories["usual"]).getcolors(1 << 24)))
    assert colours[GOLD] > 1000


def test_a_lost_image_leaves_a_card(stories, tmp_path):
    lost = replace(stories["usual"], images=tmp_path)
    assert contact_sheet(lost).size == contact_sheet(stories["usual"]).size


@pytest.mark.parametrize(
    ("rounds", "batch"), [(1, 500), (60, 4), (30, 30), (500, 1), (40, 60), (600, 9)]
)
def test_however_many_images_the_sheet_stays_bounded(stories, rounds, batch):
    story = crowd(stories["usual"], rounds, batch)
    rows = rows_of(story)
    assert len(rows) <= MOST_ROWS
    assert sum(len(row.entries) for row in rows) <= MOST_IMAGES
    assert all(len(row.entries) + row.hidden == batch for row in rows)
    assert story.best in [entry for row in rows for entry in row.entries]
    grid = grid_for(rows)
    assert grid.height <= 6500
    assert grid.width <= 1200


def test_a_crowded_sheet_draws(stories):
    assert contact_sheet(crowd(stories["usual"], 30, 60)).height <= 6700


@pytest.mark.parametrize("text", ["", "word", "many words of one line " * 40, "x" * 3000])
def test_lines_fit_and_lose_nothing_that_fits(text):
    face = font(20)
    broken = lines(text, face, 200, 3)
    assert 1 <= len(broken) <= 3
    assert all(face.getlength(line) <= 200 for line in broken)
    if len(text) < 10:
        assert " ".join(broken) == text
    else:
        assert broken[-1].endswith("…")
