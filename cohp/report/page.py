"""The report as one HTML page that needs nothing else: no script, no font, no file beside it."""

from __future__ import annotations

from collections.abc import Iterator

from cohp.record.entry import Entry
from cohp.report import tree
from cohp.report.curve import curve
from cohp.report.document import document
from cohp.report.facts import headline, recipe_table, times_table, versions_table
from cohp.report.gallery import Gallery
from cohp.report.markup import Html, joined, tag
from cohp.report.picture import data_uri, opened, webp
from cohp.report.story import Story
from cohp.report.why import why
from cohp.report.words import round_name, shortened, size

BEST_SIDE = 768
LONG_PROMPT = 160
LONGEST_PROMPT = 420
LONGEST_TITLE = 70


def page(story: Story) -> str:
    """Return the report of a story, complete."""
    return document(
        shortened(story.prompt, LONGEST_TITLE),
        _head(story),
        tag("main", *_sections(Gallery(story))),
        tag("footer", tag("p", _made_with(story))),
    )


def _head(story: Story) -> Html:
    best = story.best
    return tag(
        "header",
        tag("p", tag("b", "CoHP"), " chain of human preference", class_="brand"),
        tag(
            "div",
            _best_image(story, best),
            tag("div", *_prompt(story), *_result(story, best), *_why(story), class_="told"),
            class_="hero",
        ),
        tag(
            "ul",
            *[tag("li", tag("b", number), f" {word}") for number, word in headline(story)],
            class_="sums",
        ),
    )


def _best_image(story: Story, best: Entry | None) -> Html:
    image = opened(story.images, best, BEST_SIDE) if best else None
    if image is None:
        return tag("div", "no image yet", class_="blank best-image")
    return tag(
        "img",
        class_="best-image",
        src=data_uri(webp(image, quality=84)),
        alt=f"The best image, drawn for: {shortened(story.prompt, LONGEST_PROMPT)}",
        width=image.width,
        height=image.height,
    )


def _prompt(story: Story) -> Iterator[Html]:
    prompt = story.prompt
    kind = "long" if len(prompt) > LONG_PROMPT else None
    yield tag("h1", shortened(prompt, LONGEST_PROMPT), class_=kind, dir="auto")
    if len(prompt) > LONGEST_PROMPT:
        yield tag("details", tag("summary", "The whole prompt"), tag("p", prompt, dir="auto"))
    if negative := str(story.recipe.get("negative") or ""):
        yield tag("p", "without: ", shortened(negative, LONGEST_PROMPT), class_="soft", dir="auto")


def _result(story: Story, best: Entry | None) -> Iterator[Html]:
    if story.verdict is None:
        yield tag("p", tag("span", "not finished", class_="badge blue"), class_="state")
    if best is None:
        return
    if best.score:
        spread = story.ruler.spread(best.score)
        yield tag(
            "p",
            tag("b", story.ruler.number(best.score.mean)),
            tag("span", f" {spread}") if spread else None,
            tag("small", " reward score"),
            class_="score",
        )
    shot = best.shot
    rows = {
        "Model": shot.model,
        "Seed": str(shot.seed),
        "Found in": round_name(shot.round),
        "Size": size(shot),
    }
    yield tag(
        "dl",
        *[tag("div", tag("dt", name), tag("dd", value)) for name, value in rows.items()],
        class_="facts",
    )


def _why(story: Story) -> Iterator[Html]:
    yield tag("h2", "Why this image won" if story.best else "What happened")
    yield tag("p", " ".join(why(story)), class_="why")


def _sections(gallery: Gallery) -> Iterator[Html]:
    story = gallery.story
    if story.scored:
        yield _section("The reward curve", _key(story), curve(story))
    if len(story.lineage) > 1:
        yield _section("How the winner came to be", tree.line(gallery))
    if 0 in story.rounds:
        many = len(story.models) > 1
        title = "Stage one: which model" if many else "Stage one: the first images"
        yield _section(title, tree.candidates(gallery))
    if any(number > 0 for number in story.rounds):
        yield _section("The rounds: refining the best", tree.rounds(gallery))
    yield tag(
        "div",
        _section("The recipe", recipe_table(story)),
        _section("Times", times_table(story)) if story.entries else None,
        _section("Made with", versions_table(story)),
        class_="tables",
    )


def _section(title: str, *content: Html) -> Html:
    return tag("section", tag("h2", title), *content)


def _key(story: Story) -> Html:
    """Return the key of the curve; a mark that does not occur is not explained."""
    marks = [("dot", "an image"), ("dot won", "the best of its round")]
    marks += [("stroke", "the best so far")]
    marks += [("stroke descent", "the winner's lineage")] if len(story.lineage) > 1 else []
    if any(each.score and each.score.std for each in story.entries):
        marks.append(("stroke whisker", "how unsure the reward is"))
    items = [tag("li", tag("i", class_=f"mark {kind}"), word) for kind, word in marks]
    return tag("ul", *items, class_="key")


def _made_with(story: Story) -> Html:
    version = story.versions.get("cohp", "")
    return joined(f"Made by CoHP {version}".rstrip(), ". This page is whole: it loads nothing.")
