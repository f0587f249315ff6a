"""A judge's agreement with people as tables, with what was published of it, and as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cohp.bench import published
from cohp.bench.accuracy import Accuracy, Bin
from cohp.bench.csv_files import written
from cohp.bench.grid import Grid
from cohp.bench.outcomes import Outcome
from cohp.calibration import Chance

NONE = "-"
HEAD = ("judge", "accuracy", "95 % interval", "pairs", "tied", "equal", "ECE", "log loss")
PAIRS = (
    *("judge", "choice", "prompt", "preferred", "other", "tied", "confidence"),
    *("mean", "std", "other mean", "other std", "chance"),
)


def tables(found: Mapping[str, Accuracy]) -> list[Grid]:
    """Return every table of some judges' agreement with people."""
    grids = [_summary(found)]
    for judge, each in found.items():
        if each.confidence:
            grids.append(_confidence(judge, each))
        grids.append(_reliability(judge, each))
    return grids


def _summary(found: Mapping[str, Accuracy]) -> Grid:
    rows, notes = [], []
    for judge, each in found.items():
        rows.append(_row(judge, each))
        for known in published.accuracy(judge):
            told = (f"{judge} on {known.name} *", f"{known.value:.1%}")
            rows.append((*told, *[NONE] * (len(HEAD) - 2)))
            notes.append(f"* published: {known.source}.")
    notes.append(
        "Tied: pairs that people had tied, which do not count. Equal: pairs with equal scores, "
        "which count as wrong. ECE: expected calibration error of the chance of preference."
    )
    notes += [note for judge, each in found.items() for note in _other_ways(judge, each)]
    return Grid("Agreement with people", HEAD, tuple(rows), tuple(dict.fromkeys(notes)))


def _row(judge: str, each: Accuracy) -> tuple[str, ...]:
    return (
        judge,
        f"{each.accuracy:.1%}",
        f"{each.interval.low:.1%} to {each.interval.high:.1%}",
        str(each.pairs),
        str(each.tied),
        str(each.equal),
        f"{each.calibrated.error:.3f}",
        f"{each.calibrated.log_loss:.3f}",
    )


def _other_ways(judge: str, each: Accuracy) -> Iterator[str]:
    if each.with_ties is not None:
        yield f"{judge}, counted as Pick-a-Pic does, a tie on one side half: {each.with_ties:.1%}."
    if each.by_choice is not None:
        yield f"{judge}, counted as HPSv2 does, not contradicted by prompt: {each.by_choice:.1%}."


def _confidence(judge: str, each: Accuracy) -> Grid:
    rows = [(_span(bin_), *_counted(bin_)) for bin_ in each.confidence]
    if each.unsure:
        rows.append(("unknown", *_counted(each.unsure)))
    head = ("people's confidence", "agreement", "pairs")
    return Grid(f"{judge}, by how sure people were", head, tuple(rows))


def _reliability(judge: str, each: Accuracy) -> Grid:
    rows = [(_span(bin_), f"{bin_.middle:.1%}", *_counted(bin_)) for bin_ in each.calibrated.bins]
    head = ("how sure the judge was", "on average", "right", "pairs")
    return Grid(f"{judge}, by how sure it was", head, tuple(rows))


def _span(each: Bin) -> str:
    return f"{each.low:.0%} to {each.high:.0%}"


def _counted(each: Bin) -> tuple[str, str]:
    return f"{each.right:.1%}", str(each.count)


def pairs_csv(outcomes: Mapping[str, Sequence[Outcome]], chances: Mapping[str, Chance]) -> str:
    """Return a line for each judge and pair."""
    return written(PAIRS, _pairs(outcomes, chances))


def _pairs(
    outcomes: Mapping[str, Sequence[Outcome]], chances: Mapping[str, Chance]
) -> Iterable[tuple[object, ...]]:
    for judge, several in outcomes.items():
        for each in several:
            one, other = each.scores
            yield (
                *(judge, each.choice, each.prompt, *each.names, each.tied, each.confidence),
                *(one.mean, one.std, other.mean, other.std, round(chances[judge](one, other), 6)),
            )
