"""Drift: how the pictures of a round look against stage one."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from report_samples import recipe
from report_samples import story as sample
from rich.console import Console

from cohp.report.drift import drift, drift_words
from cohp.report.explain import explain
from cohp.report.page import page
from cohp.types import Score


@pytest.fixture
def drifting(tmp_path):
    """A run whose images grow a tenth more saturated with every round."""
    told = sample(tmp_path, recipe())
    entries = tuple(
        replace(
            each,
            facts={"look": {"brightness": 0.5, "saturation": 0.2 * (1 + each.shot.round / 10)}},
            referee=Score(21.5),
            members={"clip": Score(0.31)},
        )
        for each in told.entries
    )
    return replace(told, entries=entries)


def test_each_round_is_compared_with_stage_one(drifting):
    for number in drifting.rounds:
        changes = drift(drifting, number)
        assert changes["brightness"] == pytest.approx(0)
        assert changes["saturation"] == pytest.approx(number / 10)
    assert drift_words(drifting, 2) == "Since stage one: brightness +0%, saturation +20%."


def test_pictures_that_were_not_measured_are_not_spoken_of(tmp_path):
    told = sample(tmp_path, recipe())
    assert drift_words(told, 1) is None
    assert "Since stage one" not in page(told)


def test_the_page_and_the_terminal_show_the_drift_and_what_other_judges_said(drifting):
    shown = page(drifting)
    assert "saturation +10%" in shown
    assert "21.50" in shown
    assert "0.31" in shown
    screen = Console(file=io.StringIO(), width=200)
    screen.print(explain(drifting))
    last = max(drifting.rounds)
    assert f"saturation +{last * 10}%" in screen.file.getvalue()
