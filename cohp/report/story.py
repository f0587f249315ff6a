"""What every report is drawn from: one run, read whole, and the plain facts that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

from cohp.record.choices import leading
from cohp.record.entry import Entry
from cohp.report.words import Ruler
from cohp.types import Chosen, Preferred, Verdict


@dataclass(frozen=True)
class Standing:
    """How one candidate did in stage one; `value` is what the pick rule made of it."""

    model: str
    entries: tuple[Entry, ...]
    mean: float | None
    top: Entry | None
    value: float | None
    chosen: bool


@dataclass(frozen=True)
class Story:
    """One run, finished or not; `verdict` is None while it is interrupted."""

    recipe: Mapping[str, Any]
    entries: tuple[Entry, ...]
    verdict: Verdict | None
    images: Path
    chosen: Chosen | None
    versions: Mapping[str, str]
    revisions: Mapping[str, str]
    # Why the search ended before its rounds did.
    stopped: str | None = None
    # What a person chose last, against the reward.
    choice: Preferred | None = None

    @property
    def prompt(self) -> str:
        """What the images should show."""
        return str(self.recipe.get("prompt", ""))

    @property
    def models(self) -> tuple[str, ...]:
        """The candidates in the recipe's order, then any that only the journal knows."""
        listed = [str(each["name"]) for each in self.recipe.get("models", ())]
        return tuple(dict.fromkeys([*listed, *(each.shot.model for each in self.entries)]))

    @cached_property
    def rounds(self) -> Mapping[int, tuple[Entry, ...]]:
        """The entries of each round in the order they were asked for, whichever ended first."""
        rank = {model: number for number, model in enumerate(self.models)}
        grouped: dict[int, list[Entry]] = {}
        for each in sorted(
            self.entries, key=lambda each: (each.shot.round, rank[each.shot.model], each.shot.index)
        ):
            grouped.setdefault(each.shot.round, []).append(each)
        return {number: tuple(entries) for number, entries in grouped.items()}

    @cached_property
    def scored(self) -> tuple[Entry, ...]:
        """Every entry with a score, in the order they were asked for."""
        return tuple(each for row in self.rounds.values() for each in row if each.score)

    @cached_property
    def best(self) -> Entry | None:
        """The verdict's image, or the best so far."""
        if self.verdict is not None:
            return self.by_id.get(self.verdict.best.shot.id)
        return leading(self.scored, self.choice)

    @cached_property
    def preferred(self) -> Entry | None:
        """The image that a person chose."""
        return self.by_id.get(self.choice.shot) if self.choice else None

    @cached_property
    def lineage(self) -> tuple[Entry, ...]:
        """The entries that led to the best one, the first ancestor first and the best last."""
        path = [self.best] if self.best else []
        while path and (parent := self.by_id.get(path[0].shot.parent or "")):
            path.insert(0, parent)
        return tuple(path)

    @cached_property
    def lineage_ids(self) -> frozenset[str]:
        """The shot ids of the lineage."""
        return frozenset(each.shot.id for each in self.lineage)

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """Each entry by its shot's id."""
        return {each.shot.id: each for each in self.entries}

    @cached_property
    def winners(self) -> frozenset[str]:
        """The shot id of each round's best image."""
        tops = (winner(row) for row in self.rounds.values())
        return frozenset(each.shot.id for each in tops if each)

    @cached_property
    def running_best(self) -> Mapping[int, Entry]:
        """The best entry up to each round that has one to show."""
        leads: dict[int, Entry] = {}
        lead: Entry | None = None
        for number, row in self.rounds.items():
            # The lead comes first, so that a tie stays with the earlier image.
            lead = winner([*([lead] if lead else []), *row])
            if lead:
                leads[number] = lead
        return leads

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """How each candidate did in stage one, in the recipe's order."""
        return tuple(self._standing(model) for model in self.models)

    @cached_property
    def ruler(self) -> Ruler:
        """How this run's scores are written."""
        return Ruler.of(self.entries)

    def _standing(self, model: str) -> Standing:
        own = tuple(each for each in self.rounds.get(0, ()) if each.shot.model == model)
        means = [each.score.mean for each in own if each.score]
        return Standing(
            model=model,
            entries=own,
            mean=fmean(means) if means else None,
            top=winner(own),
            value=self.chosen.standings.get(model) if self.chosen else None,
            chosen=self.chosen is not None and self.chosen.model == model,
        )


def winner(entries: Iterable[Entry]) -> Entry | None:
    """Return the entry with the highest score, of equals the first, or None where none has one."""
    return max((each for each in entries if each.score), key=lambda each: each.mean, default=None)
