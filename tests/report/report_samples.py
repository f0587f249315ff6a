"""Sample stories: the real searches, answered with procedural pictures and made-up scores."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import hypot
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from cohp.events import Event, Finished, ImageDone, RoundDone, Started
from cohp.recipe import Recipe
from cohp.record.entry import Entry
from cohp.report.story import Story
from cohp.search.best_of_n import best_of_n
from cohp.search.cohp import cohp
from cohp.types import Chosen, Drawn, Note, Score, Scored, Shot, Unscored

VERSIONS = {"cohp": "0.1.0", "python": "3.12.4", "torch": "2.9.0", "diffusers": "0.41.0"}
Judge = Callable[[Shot, float, random.Random], Score | str]


def paint(shot: Shot, side: int) -> Image.Image:
    """Paint hills under a sun: every seed its own, every run the same."""
    dice = random.Random(shot.seed)
    hue = dice.randrange(256)
    sky = Image.linear_gradient("L").resize((side, side))
    tint = Image.new("HSV", (side, side), (hue, 110, 255))
    tint.paste((hue, 190, 150), (0, 0), mask=ImageChops.invert(sky))
    picture = tint.convert("RGB")
    sun, draw = dice.uniform(0.2, 0.8) * side, ImageDraw.Draw(picture)
    radius = side * dice.uniform(0.08, 0.15)
    draw.circle((sun, side * 0.36), radius, (255, 240, 205))
    for layer in range(4):
        base = side * (0.5 + 0.13 * layer)
        points = [
            (
                x,
                base
                + side * 0.07 * hypot(x % (side / 2.3) - side / 5, layer * 9) / (side / 5)
                - side * dice.uniform(0, 0.03),
            )
            for x in range(0, side + side // 12, side // 12)
        ]
        shade = Image.new("HSV", (1, 1), ((hue + 150 + 9 * layer) % 256, 120, 165 - 38 * layer))
        colour = shade.convert("RGB").getpixel((0, 0))
        draw.polygon([(0, side), *points, (side, side)], fill=colour)
    return picture.filter(ImageFilter.SMOOTH)


def steady(shot: Shot, parent: float, dice: random.Random) -> Score | str:
    """Judge as a reward with a deviation does: refining mostly helps."""
    skill = {"flux-dev": 1.1, "kolors": 0.5}.get(shot.model, 0.0)
    base = parent if shot.parent else 7.2 + skill
    return Score(round(base + dice.gauss(0.25, 0.5), 4), round(dice.uniform(0.2, 0.5), 4))


def plain(shot: Shot, parent: float, dice: random.Random) -> Score | str:
    """Judge without a deviation, below zero."""
    return Score((parent if shot.parent else -2.5) + dice.gauss(0, 0.4))


def patchy(shot: Shot, parent: float, dice: random.Random) -> Score | str:
    """Judge, but fail on all of round 2 and now and then elsewhere."""
    if shot.round == 2 or dice.random() < 0.25:
        return "the image is black: the model's safety checker blanked it"
    return steady(shot, parent, dice)


def recipe(prompt: str = "a red fox at dawn, mist over the meadow", **values: Any) -> Recipe:
    """Make a recipe without asking the catalogue."""
    names = values.pop("names", ("flux-dev", "kolors", "sdxl"))
    models = [
        {"name": name, "steps": 28, "guidance": 3.5, "width": 1024, "height": 1024}
        for name in names
    ]
    return Recipe.model_validate({"prompt": prompt, "seed": 42, "models": models, **values})


def story(
    folder: Path,
    asked: Recipe,
    judge: Judge = steady,
    side: int = 96,
    stop_after: int | None = None,
) -> Story:
    """Run a search on pictures and scores that are made up, as far as `stop_after` shots."""
    folder.mkdir(parents=True, exist_ok=True)
    search = (best_of_n if asked.search == "best-of-n" else cohp)(asked)
    entries: dict[str, Entry] = {}
    chosen, verdict, asks = None, None, next(search)
    try:
        while True:
            if isinstance(asks, Chosen):
                chosen, asks = asks, next(search)
                continue
            for shot in asks.shots:
                if stop_after is not None and len(entries) >= stop_after:
                    return _told(folder, asked, entries, None, chosen)
                entries[shot.id] = _answer(folder, shot, entries, judge, side)
            asks = search.send([entries[shot.id].answer for shot in asks.shots])
    except StopIteration as ended:
        verdict = ended.value
    return _told(folder, asked, entries, verdict, chosen)


def _told(
    folder: Path, asked: Recipe, entries: Mapping[str, Entry], verdict: Any, chosen: Chosen | None
) -> Story:
    return Story(
        recipe=asked.to_json(),
        entries=tuple(entries.values()),
        verdict=verdict,
        images=folder,
        chosen=chosen,
        versions=VERSIONS,
        revisions={each.name: "3de6a9f" for each in asked.models},
    )


def _answer(
    folder: Path, shot: Shot, entries: Mapping[str, Entry], judge: Judge, side: int
) -> Entry:
    dice = random.Random(shot.seed + 1)
    parent = entries[shot.parent].mean if shot.parent else 0.0
    said = judge(shot, parent, dice)
    look = shot
    if shot.parent:  # A refined picture keeps its ancestor's look, a little changed.
        first = entries[shot.parent].shot
        while first.parent:
            first = entries[first.parent].shot
        look = replace(shot, seed=first.seed)
    picture = paint(look, side)
    if shot.parent:
        warm = Image.new("RGB", picture.size, (dice.randrange(256), 120, dice.randrange(200)))
        picture = Image.blend(picture, warm, 0.12)
    name = f"{hashlib.sha256(shot.id.encode()).hexdigest()[:24]}.png"
    picture.save(folder / name)
    drawn = Drawn(
        shot, picture, true_start=shot.strength and shot.strength - 0.02, seconds=dice.uniform(2, 9)
    )
    if isinstance(said, Score):
        return Entry.of(Scored(shot, said, drawn), name)
    return Entry.of(Unscored(shot, said, drawn), name)


def samples(folder: Path, side: int = 96) -> dict[str, Story]:
    """Tell one story of each shape that a report has to cope with."""
    evil = '<script>alert("x")</script> & "quotes" \' <img src=x onerror=alert(1)> $prompt {0}'
    long = "an intricate clockwork city beneath a glass dome, " * 70
    return {
        "usual": story(folder / "usual", recipe(), steady, side),
        "negative": story(folder / "negative", recipe(names=("sdxl",)), plain, side),
        "patchy": story(folder / "patchy", recipe(pick="probability"), patchy, side),
        "evil": story(
            folder / "evil", recipe(evil, names=("<b>bold</b>", "sdxl"), rounds=1), side=side
        ),
        "long": story(
            folder / "long", recipe(long.strip(), rounds=9, carry="winner"), steady, side
        ),
        "best-of-n": story(folder / "n", recipe(search="best-of-n", per_model=6), steady, side),
        "interrupted": story(folder / "stopped", recipe(), steady, side, stop_after=18),
        "opening": story(folder / "opening", recipe(), steady, side, stop_after=5),
        "empty": story(folder / "empty", recipe(), steady, side, stop_after=0),
        "fresh": story(folder / "fresh", recipe(opening="fresh", pick="max"), steady, side),
        "unscored": story(folder / "none", recipe(), lambda *_: "out of range", side, stop_after=6),
    }


def events(told: Story, asked: Recipe) -> list[Event]:
    """Return the events that a run of this story would have sent."""
    planned, done, sent = len(told.entries), 0, []
    sent.append(Started(Path("runs/red-fox-at-dawn"), asked, planned, 0))
    for number, row in told.rounds.items():
        for entry in row:
            done += 1
            sent.append(ImageDone(entry, done, planned))
        sent.append(RoundDone(number, row, told.running_best.get(number)))
        if number == 0 and told.chosen:
            sent.append(told.chosen)
        if number == 1:
            sent.append(Note("out of memory with 4 images at once: going on with 2"))
    if told.verdict:
        folder = Path("runs/red-fox-at-dawn")
        sent.append(Finished(folder, told.verdict, folder / "best.png"))
    return sent
