"""A benchmark's results as tables: the ranking, the categories, and who beats whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import inf

from cohp.bench.grid import Grid
from cohp.bench.published import Published, overall
from cohp.bench.results import Results
from cohp.bench.statistics import Summary
from cohp.report.words import Ruler, count

NONE = "-"


def tables(results: Results) -> list[Grid]:
    """Return every table of a benchmark, judge by judge."""
    return [grid for judge in results.judges for grid in _of(results, judge)]


def _of(results: Results, judge: str) -> Iterator[Grid]:
    ruler = _ruler(results, judge)
    yield _ranking(results, judge, ruler)
    if len(results.prompts.categories) > 1:
        yield _categories(results, judge, ruler)
    if len(results.contestants) > 1:
        yield _duels(results, judge)


def _ruler(results: Results, judge: str) -> Ruler:
    samples = (results.samples[each.name, judge] for each in results.contestants)
    return Ruler.holding(value for own in samples for each in own.values() for value in each.values)


def _ranking(results: Results, judge: str, ruler: Ruler) -> Grid:
    """Rank the contestants, with published numbers of the same benchmark among them."""
    protocol = results.prompts.protocol
    known = overall(protocol.name, judge)
    rows = [(each.value, _published(each, ruler)) for each in known]
    for contestant in results.contestants:
        summary = results.summary(contestant.name, judge)
        row = _row(results, contestant.name, summary, ruler)
        rows.append((summary.mean if summary else -inf, row))
    rows.sort(key=lambda row: -row[0])
    group = f" of the means of {protocol.group}" if protocol.group else ""
    notes = [f"Protocol {protocol.name}: {protocol.about}."]
    notes += [f"{judge}'s scores times 100, as published."] if protocol.scale(judge) != 1 else []
    notes += [f"* published: {source}." for source in dict.fromkeys(each.source for each in known)]
    for contestant in results.contestants:
        if missing := results.missing(contestant, judge):
            notes.append(_lacking(contestant.name, [reason for _, reason in missing]))
    head = ("contestant", "mean", f"deviation{group}", "95 % interval", "images")
    return Grid(f"Judged by {judge}", head, tuple(row for _, row in rows), tuple(notes))


def _row(results: Results, name: str, summary: Summary | None, ruler: Ruler) -> tuple[str, ...]:
    whole = len(results.prompts.prompts)
    if summary is None:
        return (name, NONE, NONE, NONE, f"0 of {whole}")
    images = str(whole) if summary.count == whole else f"{summary.count} of {whole}"
    return (name, ruler.number(summary.mean), *_spread(summary, ruler), images)


def _spread(summary: Summary, ruler: Ruler) -> tuple[str, str]:
    deviation, interval = summary.deviation, summary.interval
    return (
        NONE if deviation is None else ruler.number(deviation),
        f"{ruler.number(interval.low)} to {ruler.number(interval.high)}" if interval else NONE,
    )


def _published(known: Published, ruler: Ruler) -> tuple[str, ...]:
    return (f"{known.name} *", ruler.number(known.value), NONE, NONE, NONE)


def _lacking(name: str, reasons: list[str]) -> str:
    ((first, _),) = Counter(reasons).most_common(1)
    return f"{name} lacks {count(len(reasons), 'score')}, most because {first.rstrip('.')}."


def _categories(results: Results, judge: str, ruler: Ruler) -> Grid:
    names = [each.name for each in results.contestants]
    listed: list[str | None] = [*results.prompts.categories, None]
    rows = [
        (
            category or "overall",
            *(_cell(results.summary(name, judge, category), ruler) for name in names),
        )
        for category in listed
    ]
    note = "Mean, deviation, and the 95 % interval of the mean."
    return Grid(f"By category, judged by {judge}", ("category", *names), tuple(rows), (note,))


def _cell(summary: Summary | None, ruler: Ruler) -> str:
    if summary is None:
        return NONE
    mean, (deviation, interval) = ruler.number(summary.mean), _spread(summary, ruler)
    return mean if interval == NONE else f"{mean} ± {deviation} ({interval})"


def _duels(results: Results, judge: str) -> Grid:
    names = tuple(each.name for each in results.contestants)
    rows = []
    for one in results.contestants:
        cells = [
            _share(*results.wins(one, other, judge)) if other != one else ""
            for other in results.contestants
        ]
        rows.append((one.name, *cells))
    note = "How often the row's image beats the column's on the same prompt, ties half."
    return Grid(f"Head to head, judged by {judge}", ("", *names), tuple(rows), (note,))


def _share(won: float, of: int) -> str:
    return f"{won / of:.0%}" if of else NONE
