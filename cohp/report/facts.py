"""What a run was made with, as tables: its recipe, the time each model took, the versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cohp.report.markup import Html, tag
from cohp.report.story import Story
from cohp.report.words import count, duration

# Shown in the page's head already.
ELSEWHERE = frozenset({"prompt", "models"})


def recipe_table(story: Story) -> Html:
    """Return the recipe, the prompt left out."""
    rows = [
        [name.replace("_", " "), _value(value)]
        for name, value in story.recipe.items()
        if name not in ELSEWHERE
    ]
    models = story.recipe.get("models", ())
    return tag("div", _table("Settings", None, rows), _models(models) if models else None)


def times_table(story: Story) -> Html:
    """Return how long each model drew."""
    rows = []
    for model in story.models:
        own = [each.seconds for each in story.entries if each.shot.model == model]
        if own:
            mean = duration(sum(own) / len(own))
            rows.append([model, f"{len(own):,}", duration(sum(own)), mean])
    whole = sum(each.seconds for each in story.entries)
    if len(rows) > 1:
        rows.append(["all", f"{len(story.entries):,}", duration(whole), ""])
    return _table("Time spent drawing", ["model", "images", "in all", "each"], rows)


def versions_table(story: Story) -> Html:
    """Return the versions of the packages and the revisions of the weights."""
    rows = [[name, version] for name, version in story.versions.items()]
    weights = [[name, revision] for name, revision in story.revisions.items()]
    return tag(
        "div",
        _table("Packages", None, rows) if rows else None,
        _table("Weights, by revision", None, weights) if weights else None,
    )


def headline(story: Story) -> Iterator[tuple[str, str]]:
    """Return the few numbers that sum a run up."""
    yield count(len(story.entries), "image"), "drawn"
    later = len([number for number in story.rounds if number > 0])
    if later:
        yield count(later, "round"), "of refining"
    first = story.running_best.get(0)
    if later and story.best and first:
        gain = story.best.mean - first.mean
        yield story.ruler.gain(gain), "over stage one's best"
    yield duration(sum(each.seconds for each in story.entries)), "spent drawing"


def _models(models: Sequence[Mapping[str, Any]]) -> Html:
    names = list(dict.fromkeys(name for each in models for name in each))
    rows = [[_value(each.get(name)) for name in names] for each in models]
    return _table("Candidates", names, rows)


def _value(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_value(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(caption: str, head: Sequence[str] | None, rows: Sequence[Sequence[str]]) -> Html:
    heading = tag("thead", tag("tr", *[tag("th", name, scope="col") for name in head or ()]))
    body = [
        tag("tr", tag("th", row[0], scope="row"), *[tag("td", cell) for cell in row[1:]])
        for row in rows
    ]
    return tag(
        "div",
        tag("table", tag("caption", caption), heading if head else None, tag("tbody", *body)),
        class_="wide",
        tabindex="0",
        role="region",
        aria_label=caption,
    )
