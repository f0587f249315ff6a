"""How the pictures' look drifts: each round's brightness and the like against stage one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean

from cohp.record.entry import Entry
from cohp.report.story import Story


def drift(story: Story, number: int) -> Mapping[str, float]:
    """Return how much each measure of round `number` changed since stage one, 0.1 for a tenth more.

    Compared are the same model's images, where it drew some in stage one.
    """
    row = story.rounds.get(number, ())
    models = {each.shot.model for each in row}
    opening = story.rounds.get(0, ())
    before = _look([each for each in opening if each.shot.model in models] or opening)
    now = _look(row)
    return {name: now[name] / value - 1 for name, value in before.items() if name in now and value}


def drift_words(story: Story, number: int) -> str | None:
    """Say a round's drift in one line, or nothing where the pictures were not measured."""
    changes = drift(story, number)
    listed = ", ".join(f"{name} {change:+.0%}" for name, change in changes.items())
    return f"Since stage one: {listed}." if listed else None


def _look(entries: Iterable[Entry]) -> Mapping[str, float]:
    looks = [each.facts["look"] for each in entries if "look" in each.facts]
    names = looks[0] if looks else ()
    return {name: fmean(look[name] for look in looks) for name in names}
