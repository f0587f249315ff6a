"""The best of many: images in groups, each group in order, by one reward or several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohp.errors import NothingScored, UnknownName
from cohp.measure.items import Judged
from cohp.measure.panel import Judge
from cohp.measure.preference import Preference, preference_of
from cohp.reward.combine import Parts, fit
from cohp.types import Score

Grouping = Callable[[Judged], str]


@dataclass(frozen=True)
class Ranked:
    """An image with its place in its group, the first being 1.

    `score` is on a scale fitted to the group where several rewards judge. `behind` is the
    probability that the first of the group is preferred to this one; the first has none.
    """

    group: str
    place: int
    judged: Judged
    score: Score
    behind: float | None = None

    def row(self) -> dict[str, Any]:
        """Return a flat row, as files and data frames take it."""
        return {
            "group": self.group,
            "place": self.place,
            "image": self.judged.item.name,
            "prompt": self.judged.prompt,
            "reward": next(iter(self.judged.said)),
            "mean": self.score.mean,
            "std": self.score.std,
            "behind": self.behind,
        }


def rank(  # noqa: PLR0913 - keywords, each an option of its own
    judged: Iterable[Judged],
    judge: Judge,
    group: Grouping = lambda _: "",
    *,
    top: int | None = None,
    combine: str = "zscore",
    preference: Preference | None = None,
) -> Iterator[Ranked]:
    """Rank each group, the best first; of equals the earlier. What has no score is left out."""
    groups: dict[str, list[tuple[Judged, Score]]] = {}
    for each in judged:
        if isinstance(said := each.said[judge.name], Score):
            groups.setdefault(group(each), []).append((each, said))
    chance = preference or preference_of(judge)
    for name, own in groups.items():
        read = _scale([said for _, said in own], judge, combine)
        # Sorting keeps equals in their order.
        (_, best), *_ = placed = sorted(own, key=lambda one: -read(one[1]).mean)
        for place, (each, said) in enumerate(placed[:top], start=1):
            behind = chance(best, said) if place > 1 else None
            yield Ranked(name, place, each, read(said), behind)


def best(judged: Iterable[Judged], judge: Judge, **how: Any) -> list[Ranked]:  # noqa: ANN401 - those of `rank`
    """Rank all images as one group; raise `NothingScored` where none has a score."""
    listed = list(judged)
    ranked = list(rank(listed, judge, **how))
    if not ranked:
        reason = listed[0].error if listed else "there are none."
        raise NothingScored(f"None of the images could be scored: {reason}")
    return ranked


def _scale(said: Sequence[Score], judge: Judge, combine: str) -> Callable[[Score], Score]:
    """Return how the scores of a group are read: as they are, or on the scale of its members."""
    parts = [each.members for each in said if isinstance(each, Parts)]
    if not parts:
        return lambda score: score
    scale = fit(judge.members, parts, combine, judge.spreads)
    return lambda score: scale.combine(score.members) if isinstance(score, Parts) else score


GROUPINGS: Mapping[str, Grouping] = {
    "all": lambda _: "",
    "folder": lambda judged: str(Path(judged.item.name).parent),
    "prompt": lambda judged: judged.prompt,
}


def grouping(by: str, columns: Collection[str] = ()) -> Grouping:
    """Return what tells groups apart: the prompt, the folder, nothing, or a column of the file."""
    if by in GROUPINGS:
        return GROUPINGS[by]
    if by not in columns:
        raise UnknownName("grouping", by, [*GROUPINGS, *columns])
    return lambda judged: str(judged.item.values.get(by, ""))
