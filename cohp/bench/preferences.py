"""What runs decided, as preferences: round by round, and as people chose."""

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
from cohp.types import Preferred, Score

# Who decided, where it was no reward.
PERSON = "a person"


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
    one. Images with equal scores, or equal images, decide nothing; what a person chose between
    is theirs to decide.
    """
    folder = RunFolder(run)
    yield from _chosen(folder)
    theirs = _last_words(folder)
    reward = folder.recipe.reward
    chance = preference_of(Judge(reward, tuple(each.member for each in read(reward)), ()))
    for entries in _rounds(folder).values():
        winner = max(entries, key=lambda entry: entry.mean)
        for entry in entries:
            if entry.mean == winner.mean or entry.image == winner.image:
                continue
            if frozenset((winner.shot.id, entry.shot.id)) in theirs:
                continue
            confidence = chance(_score(winner), _score(entry))
            if confidence >= least:
                sides = _side(folder, winner), _side(folder, entry)
                yield Preference(
                    folder.recipe.prompt, *sides, round(confidence, 6), f"cohp {reward}"
                )


def chosen(run: Path) -> Iterator[Preference]:
    """Yield what people chose in the run in a folder, against the reward."""
    yield from _chosen(RunFolder(run))


def _chosen(folder: RunFolder) -> Iterator[Preference]:
    for choice in _last_words(folder).values():
        better, worse = folder.entries[choice.shot], folder.entries[choice.over or ""]
        if better.image != worse.image:
            sides = _side(folder, better), _side(folder, worse)
            yield Preference(folder.recipe.prompt, *sides, 1.0, PERSON)


def _last_words(folder: RunFolder) -> dict[frozenset[str], Preferred]:
    """Return the choice between each two images; who took one back meant the other."""
    between = [each for each in folder.choices if each.over]
    return {frozenset((each.shot, str(each.over))): each for each in between}


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
