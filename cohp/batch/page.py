"""A batch as one page that loads nothing: every prompt with its best image and score."""

from __future__ import annotations

from urllib.parse import quote

from PIL import Image

from cohp.batch.ledger import Done, Ledger
from cohp.batch.lines import Asked
from cohp.record.versions import versions
from cohp.report.document import document
from cohp.report.markup import Html, tag
from cohp.report.picture import SIDES, Shrinker, data_uri, fitted
from cohp.report.words import Ruler, count, shortened

# All pictures of a page together, in bytes, and each of them at most.
MOST_BYTES = 8_000_000
ROOM = 24_000
LONGEST_PROMPT = 160


def page(ledger: Ledger) -> str:
    """Return the page, complete."""
    done = [each for each in ledger.done.values() if each.score]
    title = f"{len(done)} of {count(len(ledger.asked), 'prompt')}"
    ruler = Ruler.holding(each.score.mean for each in done if each.score)
    shrinker = Shrinker(min(ROOM, MOST_BYTES // max(1, len(done))))
    brand = tag("p", tag("b", "CoHP"), " batch", class_="brand")
    figures = [
        _figure(ledger, each, ledger.done[each.number], ruler, shrinker)
        for each in ledger.asked
        if each.number in ledger.done and not ledger.failed(each)
    ]
    made = f"Made by CoHP {versions().get('cohp', '')}. This page is whole: it loads nothing."
    return document(
        title,
        tag("header", brand, tag("h1", title)),
        tag("main", tag("section", tag("div", *figures, class_="trio")), *_troubles(ledger)),
        tag("footer", tag("p", made)),
        styles=("cohp.report", "cohp.batch"),
    )


def _figure(ledger: Ledger, asked: Asked, done: Done, ruler: Ruler, shrinker: Shrinker) -> Html:
    prompt = shortened(asked.recipe.prompt, LONGEST_PROMPT)
    picture = _small(ledger, asked)
    shown = (
        tag("div", "the image is gone", class_="blank")
        if picture is None
        else tag("img", src=data_uri(shrinker.shrink(picture)), alt=prompt, loading="lazy")
    )
    score = ruler.score(done.score) if done.score else ""
    caption = tag("figcaption", tag("b", score), f" {done.model}", tag("span", prompt, dir="auto"))
    return tag("figure", tag("a", shown, href=f"{quote(asked.name)}/report.html"), caption)


def _small(ledger: Ledger, asked: Asked) -> Image.Image | None:
    try:
        with Image.open(ledger.run(asked) / "best.png", formats=["PNG"]) as image:
            return fitted(image.convert("RGB"), SIDES[0])
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _troubles(ledger: Ledger) -> list[Html]:
    """List what failed, what was refused, and how many wait."""
    told = [
        f"{each.name}: {ledger.done[each.number].reason}"
        for each in ledger.asked
        if ledger.failed(each)
    ]
    told += [f"line {each.line} was refused: {each.reason}" for each in ledger.refused]
    if waiting := len(ledger.asked) - len(ledger.done):
        told.append(f"{count(waiting, 'prompt')} not done yet")
    if not told:
        return []
    listed = tag("ul", *[tag("li", each) for each in told])
    return [tag("section", tag("h2", "Without an image"), listed)]
