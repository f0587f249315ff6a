"""A benchmark's results as CSV: the summaries, and every image with what was said of it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from cohp.bench.results import Results
from cohp.types import Score

SUMMARY = (
    *("judge", "contestant", "category", "images", "prompts", "mean", "deviation", "low", "high"),
)
IMAGES = ("contestant", "category", "prompt", "image", "judge", "mean", "std", "reason")


def summaries(results: Results) -> str:
    """Return a line for each judge, contestant and category, and one for all categories."""
    return written(SUMMARY, _summaries(results))


def summary_rows(results: Results) -> list[dict[str, object]]:
    """Return the same lines as objects, for scripts."""
    return [dict(zip(SUMMARY, row, strict=True)) for row in _summaries(results)]


def images(results: Results) -> str:
    """Return a line for each judge, contestant and prompt; means are as the reward gave them."""
    return written(IMAGES, _images(results))


def _summaries(results: Results) -> Iterable[tuple[object, ...]]:
    prompts = [each.category for each in results.prompts.prompts]
    listed: list[str | None] = [*results.prompts.categories, None]
    for judge in results.judges:
        for contestant in results.contestants:
            for category in listed:
                summary = results.summary(contestant.name, judge, category)
                asked = len(prompts) if category is None else prompts.count(category)
                interval = summary.interval if summary else None
                yield (
                    judge,
                    contestant.name,
                    category or "overall",
                    summary.count if summary else 0,
                    asked,
                    summary and summary.mean,
                    summary and summary.deviation,
                    interval and interval.low,
                    interval and interval.high,
                )


def _images(results: Results) -> Iterable[tuple[object, ...]]:
    for contestant in results.contestants:
        for prompt in results.prompts.prompts:
            image = results.image(contestant, prompt)
            where = _relative(image, results.folder) if isinstance(image, Path) else ""
            for judge in results.judges:
                said = results.said(contestant, prompt, judge)
                scored = (said.mean, said.std, "") if isinstance(said, Score) else ("", "", said)
                yield (contestant.name, prompt.category, prompt.text, where, judge, *scored)


def _relative(image: Path, folder: Path) -> str:
    return str(image.relative_to(folder) if image.is_relative_to(folder) else image)


def written(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Return rows as CSV."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
