"""A benchmark's results as one page that loads nothing: the tables, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from cohp.bench.results import Results, Scored
from cohp.bench.tables import tables
from cohp.errors import BadImage
from cohp.record.versions import versions
from cohp.report.document import document
from cohp.report.markup import Html, tag
from cohp.report.picture import Shrinker, data_uri, fitted
from cohp.report.words import Ruler, shortened
from cohp.reward.images import open_image

# All pictures of a page together, in bytes.
MOST_BYTES = 6_000_000
ROOM = 24_000
SIDE = 320
LONGEST_PROMPT = 120


def page(results: Results, title: str) -> str:
    """Return the page, complete."""
    return bench_document(
        title,
        *[tag("section", grid.html()) for grid in tables(results)],
        *_pictures(results),
    )


def bench_document(title: str, *sections: Html) -> str:
    """Return a page of a benchmark with these sections."""
    brand = tag("p", tag("b", "CoHP"), " benchmark", class_="brand")
    made = f"Made by CoHP {versions().get('cohp', '')}. This page is whole: it loads nothing."
    return document(
        title,
        tag("header", brand, tag("h1", title)),
        tag("main", *sections),
        tag("footer", tag("p", made)),
        styles=("cohp.report", "cohp.bench"),
    )


def _pictures(results: Results) -> Iterator[Html]:
    """Show of each category every contestant's best, middle and worst image."""
    shown = len(results.judges) * len(results.contestants) * len(results.prompts.categories) * 3
    shrinker = Shrinker(min(ROOM, MOST_BYTES // max(1, shown)))
    for judge in results.judges:
        for category in results.prompts.categories:
            rows = [
                _row(contestant.name, results.scored(contestant, judge, category), shrinker)
                for contestant in results.contestants
            ]
            title = f"{category}: best, middle and worst, judged by {judge}"
            yield tag("section", tag("h2", title), tag("div", *rows, class_="contestants"))


def _row(name: str, scored: list[Scored], shrinker: Shrinker) -> Html:
    ordered = sorted(scored, key=lambda each: -each.mean)
    places = dict.fromkeys((0, len(ordered) // 2, len(ordered) - 1)) if ordered else ()
    ruler = Ruler.holding(each.mean for each in ordered)
    figures = [_figure(ordered[place], ruler, shrinker) for place in places]
    return tag("div", tag("h3", name), tag("div", *figures, class_="trio"))


def _figure(each: Scored, ruler: Ruler, shrinker: Shrinker) -> Html:
    prompt = shortened(each.prompt.text, LONGEST_PROMPT)
    picture = _small(each.image)
    shown = (
        tag("div", "the image is gone", class_="blank")
        if picture is None
        else tag("img", src=data_uri(shrinker.shrink(picture)), alt=prompt, loading="lazy")
    )
    caption = tag("figcaption", tag("b", ruler.number(each.mean)), f" {prompt}", dir="auto")
    return tag("figure", shown, caption)


def _small(path: Path) -> Image.Image | None:
    try:
        return fitted(open_image(path).convert("RGB"), SIDE)
    except BadImage:
        return None
