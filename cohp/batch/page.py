"""A batch as one page that loads nothing: its prompts with their best images and scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from urllib.parse import quote

from PIL import Image

from cohp.batch.book import Book
from cohp.batch.lines import Asked
from cohp.record.versions import versions
from cohp.report.document import document
from cohp.report.markup import Html, tag
from cohp.report.picture import SIDES, Shrinker, data_uri, fitted
from cohp.report.words import Ruler, count, shortened

# All pictures of a page together, in bytes, each of them at most, and how many there are.
MOST_BYTES = 8_000_000
ROOM = 24_000
MOST_SHOWN = 400
LONGEST_PROMPT = 160

# Reads the best images of some prompts, in order; None where one is gone.
Pictures = Callable[[Sequence[Asked]], Iterable[bytes | None]]


class Page:
    """The page over a batch, drawn as often as is wanted; each picture is read once."""

    def __init__(self, book: Book, pictures: Pictures) -> None:
        self._book = book
        self._pictures = pictures
        shown = min(MOST_SHOWN, len(book.asked))
        self._shrinker = Shrinker(min(ROOM, MOST_BYTES // max(1, shown)))
        self._small: dict[int, bytes | None] = {}

    def draw(self) -> str:
        """Return the page, complete."""
        book = self._book
        done = [each for each in book.asked if each.number in book.done and not book.failed(each)]
        title = f"{len(done)} of {count(len(book.asked), 'prompt')}"
        shown = done[:MOST_SHOWN]
        self._read(shown)
        ruler = Ruler.holding(
            score.mean for each in shown if (score := book.done[each.number].score)
        )
        figures = [self._figure(each, ruler) for each in shown]
        brand = tag("p", tag("b", "CoHP"), " batch", class_="brand")
        made = f"Made by CoHP {versions().get('cohp', '')}. This page is whole: it loads nothing."
        return document(
            title,
            tag("header", brand, tag("h1", title), *_rest(len(done) - len(shown))),
            tag("main", tag("section", tag("div", *figures, class_="trio")), *_troubles(book)),
            tag("footer", tag("p", made)),
            styles=("cohp.report", "cohp.batch"),
        )

    def _read(self, shown: Sequence[Asked]) -> None:
        fresh = [each for each in shown if each.number not in self._small]
        for each, png in zip(fresh, self._pictures(fresh), strict=True):
            picture = _opened(png)
            self._small[each.number] = self._shrinker.shrink(picture) if picture else None

    def _figure(self, asked: Asked, ruler: Ruler) -> Html:
        done = self._book.done[asked.number]
        prompt = shortened(asked.recipe.prompt, LONGEST_PROMPT)
        small = self._small[asked.number]
        shown = (
            tag("div", "the image is gone", class_="blank")
            if small is None
            else tag("img", src=data_uri(small), alt=prompt, loading="lazy")
        )
        score = ruler.score(done.score) if done.score else ""
        told = tag("b", score), f" {done.model}", tag("span", prompt, dir="auto")
        link = tag("a", shown, href=f"{quote(asked.name)}/report.html")
        return tag("figure", link, tag("figcaption", *told))


def _opened(png: bytes | None) -> Image.Image | None:
    if png is None:
        return None
    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as image:
            return fitted(image.convert("RGB"), SIDES[0])
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _rest(unseen: int) -> list[Html]:
    if not unseen:
        return []
    return [tag("p", f"The first {MOST_SHOWN} with an image are shown; the folder has all.")]


def _troubles(book: Book) -> list[Html]:
    """List what failed, what was refused, and how many wait."""
    told = [
        f"{each.name}: {book.done[each.number].reason}" for each in book.asked if book.failed(each)
    ]
    told += [f"line {each.line} was refused: {each.reason}" for each in book.refused]
    if unseen := len(told[MOST_SHOWN:]):
        told[MOST_SHOWN:] = [f"and {unseen} more"]
    if waiting := len(book.asked) - len(book.done):
        told.append(f"{count(waiting, 'prompt')} not done yet")
    if not told:
        return []
    listed = tag("ul", *[tag("li", each) for each in told])
    return [tag("section", tag("h2", "Without an image"), listed)]
