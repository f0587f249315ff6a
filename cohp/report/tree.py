"""The tree of a run: stage one's candidates side by side, the rounds below, the winning line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cohp.record.entry import Entry
from cohp.report.drift import drift_words
from cohp.report.gallery import Gallery
from cohp.report.markup import Html, tag
from cohp.report.story import Standing, Story, winner
from cohp.report.why import choice
from cohp.report.words import count, place, round_name

MOST_STEPS = 60


def line(gallery: Gallery) -> Html:
    """Return the winner's lineage as a strip, each step with what it gained."""
    story = gallery.story
    steps: list[Html] = []
    pairs = list(zip((None, *story.lineage), story.lineage, strict=False))
    # The first ancestor and the steps nearest to the winner tell most.
    kept = pairs if len(pairs) <= MOST_STEPS else [pairs[0], *pairs[1 - MOST_STEPS :]]
    for before, entry in kept:
        gain = _gain(story, before, entry)
        strength = entry.shot.strength
        steps.append(
            tag(
                "li",
                gallery.picture(entry),
                tag(
                    "p",
                    gallery.score(entry),
                    tag("span", gain, class_="gain") if gain else None,
                    class_="reading",
                ),
                tag("p", tag("a", place(entry), href=f"#shot-{entry.shot.id}"), class_="where"),
                tag("p", f"strength {strength:.2f}", class_="where") if strength else None,
            )
        )
    left_out = len(pairs) - len(kept)
    note = f"{count(left_out, 'step')} between the first and the second are not shown."
    return tag(
        "div",
        tag("ol", *steps, class_="line"),
        tag("p", note, class_="soft") if left_out else None,
    )


def candidates(gallery: Gallery) -> Html:
    """Return stage one: a card for each candidate, the one that stands highest first."""
    story = gallery.story
    ranked = sorted(story.standings, key=lambda each: -_rank(each))
    said = choice(story)
    return tag(
        "div",
        tag("p", said) if said else None,
        tag("div", *[_candidate(gallery, each) for each in ranked if each.entries], class_="cards"),
        _left_out(gallery, 0),
    )


def rounds(gallery: Gallery) -> Html:
    """Return the rounds after stage one, the newest last."""
    return tag(
        "ol", *[_round(gallery, number) for number in gallery.shown if number > 0], class_="tree"
    )


def _candidate(gallery: Gallery, standing: Standing) -> Html:
    own = {each.shot.id for each in standing.entries}
    figures = [gallery.figure(each) for each in gallery.shown.get(0, ()) if each.shot.id in own]
    return tag(
        "article",
        tag(
            "h3",
            standing.model,
            tag("span", "chosen", class_="badge gold") if standing.chosen else None,
        ),
        *_reading(gallery.story, standing),
        tag("div", *figures, class_="shots"),
        class_="card chosen" if standing.chosen else "card",
    )


def _reading(story: Story, standing: Standing) -> Iterator[Html]:
    if standing.mean is None or standing.top is None:
        yield tag("p", f"{count(len(standing.entries), 'image')}, none with a score", class_="soft")
        return
    part = _part(story, standing)
    yield tag("div", tag("div", style=f"width:{part:.0%}"), class_="bar", aria_hidden="true")
    ruler = story.ruler
    said = f"mean {ruler.number(standing.mean)} · best {ruler.number(standing.top.mean)}"
    if story.chosen and story.chosen.rule == "probability" and standing.value is not None:
        said += f" · {standing.value:.0%} likely to hold the best"
    yield tag("p", said, class_="soft")


def _part(story: Story, standing: Standing) -> float:
    """Return how far a candidate's bar reaches between the lowest and the highest score."""
    if story.chosen and story.chosen.rule == "probability" and standing.value is not None:
        return max(0.02, standing.value)
    means = [each.mean for each in story.rounds.get(0, ()) if each.score]
    low, high = min(means), max(means)
    value = _rank(standing)
    return 1.0 if high == low else max(0.04, (value - low) / (high - low))


def _rank(standing: Standing) -> float:
    if standing.value is not None:
        return standing.value
    return standing.mean if standing.mean is not None else float("-inf")


def _round(gallery: Gallery, number: int) -> Html:
    story = gallery.story
    row = story.rounds[number]
    won, lead = winner(row), story.running_best.get(number)
    state = "led" if won and lead and won.shot.id == lead.shot.id else "kept"
    return tag(
        "li",
        tag("h3", round_name(number)),
        tag("p", *_about(story, row), class_="soft"),
        tag("p", drifted, class_="soft") if (drifted := drift_words(story, number)) else None,
        tag("div", *[gallery.figure(each) for each in gallery.shown[number]], class_="shots"),
        _left_out(gallery, number),
        class_=state,
    )


def _about(story: Story, row: Sequence[Entry]) -> Iterator[str]:
    shot = row[0].shot
    parents = list(dict.fromkeys(each.shot.parent for each in row if each.shot.parent))
    if not parents:
        yield "Drawn afresh"
    elif len(parents) > 1:
        yield f"Refined from {len(parents)} parents"
    elif parent := story.by_id.get(parents[0]):
        yield "Refined from "
        yield tag("a", place(parent), href=f"#shot-{parent.shot.id}")
    if shot.strength is not None:
        yield f" at strength {shot.strength:.2f}"
    won, before = winner(row), story.running_best.get(shot.round - 1)
    if won is None:
        yield ". None of its images has a score."
    elif before is None:
        yield "."
    elif won.mean > before.mean:
        yield f". It took the lead by {story.ruler.number(won.mean - before.mean)}."
    else:
        yield f". It did not beat {story.ruler.number(before.mean)}."


def _gain(story: Story, before: Entry | None, entry: Entry) -> str | None:
    if before is None or before.score is None or entry.score is None:
        return None
    return story.ruler.gain(entry.score.mean - before.score.mean)


def _left_out(gallery: Gallery, number: int) -> Html | None:
    hidden = gallery.hidden(number) if number in gallery.story.rounds else 0
    return tag("p", f"and {count(hidden, 'more image')}", class_="soft") if hidden else None
