"""What runs decided, as preferences: each round's winner against the rest of its round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cohp.errors import RunNotFound
from cohp.measure.panel import Judge
from cohp.measure.preference import preference_of
from cohp.record.entry import Entry
from cohp.record.folder import JOURNAL, RunFolder
from cohp.reward.combine import Parts
from cohp.reward.wanted import read
from cohp.types import Score


@dataclass(frozen=True)
class Side:
    """One image of a preference: its file, and the model that drew it."""

    image: Path
    model: str


@dataclass(frozen=True)
class Preference:
    """One image preferred to another for a prompt; `source` says by whom, and how surely."""

    prompt: str
    better: Side
    worse: Side
    confidence: float
    source: str


def runs_in(folder: Path) -> list[Path]:
    """Return the folder where it is a run, or the runs somewhere below it."""
    if (folder / JOURNAL).is_file():
        return [folder]
    found = sorted(each.parent for each in folder.rglob(JOURNAL))
    if not found:
        raise RunNotFound(folder)
    return found


def decided(run: Path, least: float = 0.5) -> Iterator[Preference]:
    """Yield what the run in a folder decided with a confidence of at least `least`.

    The confidence is the chance, by the reward's own deviations, that the winner is the better
    one. Images with equal scores, or equal images, decide nothing.
    """
    folder = RunFolder(run)
    reward = folder.recipe.reward
    chance = preference_of(Judge(reward, tuple(each.member for each in read(reward)), ()))
    for entries in _rounds(folder).values():
        winner = max(entries, key=lambda entry: entry.mean)
        for entry in entries:
            if entry.mean == winner.mean or entry.image == winner.image:
                continue
            confidence = chance(_score(winner), _score(entry))
            if confidence >= least:
                sides = _side(folder, winner), _side(folder, entry)
                yield Preference(
                    folder.recipe.prompt, *sides, round(confidence, 6), f"cohp {reward}"
                )


def _rounds(folder: RunFolder) -> dict[int, list[Entry]]:
    rounds: dict[int, list[Entry]] = {}
    for entry in folder.entries.values():
        if entry.score is not None:
            rounds.setdefault(entry.shot.round, []).append(entry)
    return rounds


def _score(entry: Entry) -> Score:
    score = entry.score or Score(entry.mean)
    return Parts(score.mean, score.std, entry.members) if entry.members else score


def _side(folder: RunFolder, entry: Entry) -> Side:
    return Side(folder.image(entry), entry.shot.model)
