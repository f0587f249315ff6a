"""The images of a page: which of a run's many are shown, how small, and how each one is marked."""

from __future__ import annotations

from collections.abc import Mapping

from cohp.record.entry import Entry
from cohp.report.markup import Html, tag
from cohp.report.picture import SIDES, Shrinker, data_uri, opened
from cohp.report.story import Story
from cohp.report.words import place, shortened, size

MOST_SHOWN = 400
# What all thumbnails may weigh together, so that the page can still be sent by mail.
ROOM = 2_300_000
MOST_ROOM = 30_000
LONGEST_FACT = 120


class Gallery:
    """Shows a story's images as figures; a very long run shows its winners and its lineage."""

    def __init__(self, story: Story) -> None:
        """Decide what is shown."""
        self.story = story
        self.shown: Mapping[int, tuple[Entry, ...]] = _shown(story)
        pictures = sum(len(row) for row in self.shown.values()) + min(
            len(story.lineage), MOST_SHOWN
        )
        self._shrinker = Shrinker(min(MOST_ROOM, ROOM // max(1, pictures)))

    def hidden(self, number: int) -> int:
        """Return how many images of a round are not shown."""
        return len(self.story.rounds[number]) - len(self.shown.get(number, ()))

    def figure(self, entry: Entry) -> Html:
        """Return an image with its score and, folded away, everything else known of it."""
        shot = entry.shot
        return tag(
            "figure",
            self.picture(entry),
            self._badges(entry),
            tag(
                "figcaption",
                tag("p", entry.reason, class_="reason") if entry.reason else None,
                tag(
                    "details",
                    tag(
                        "summary",
                        self.score(entry),
                        tag("span", f" Details of {place(entry)}", class_="unseen"),
                    ),
                    self._details(entry),
                ),
            ),
            class_=" ".join(["shot", *self._marks(entry)]),
            id=f"shot-{shot.id}",
        )

    def picture(self, entry: Entry) -> Html:
        """Return the image itself, or a card that says why there is none."""
        image = opened(self.story.images, entry, SIDES[0])
        if image is None:
            return tag("div", "no image", class_="blank", role="img", aria_label=self._alt(entry))
        return tag(
            "img",
            src=data_uri(self._shrinker.shrink(image)),
            alt=self._alt(entry),
            width=image.width,
            height=image.height,
        )

    def score(self, entry: Entry) -> Html:
        """Return the score as the page writes it, or that there is none."""
        if entry.score is None:
            return tag("span", "no score", class_="none")
        ruler = self.story.ruler
        spread = ruler.spread(entry.score)
        number = tag("b", ruler.number(entry.score.mean))
        return tag("span", number, tag("small", f" {spread}") if spread else None, class_="number")

    def _alt(self, entry: Entry) -> str:
        score = f"score {self.story.ruler.score(entry.score)}" if entry.score else "no score"
        marks = [word for word in self._marks(entry) if word != "ancestor"]
        return ", ".join([place(entry), score, *marks])

    def _marks(self, entry: Entry) -> list[str]:
        story, own = self.story, entry.shot.id
        marks = {
            "best": story.best is not None and own == story.best.shot.id,
            "winner": own in story.winners,
            "preferred": story.choice is not None and own == story.choice.shot,
            "ancestor": own in story.lineage_ids,
            "unscored": entry.score is None,
        }
        return [mark for mark, true in marks.items() if true]

    def _badges(self, entry: Entry) -> Html | None:
        marks = self._marks(entry)
        words = []
        if "best" in marks:
            words.append(tag("span", "★ best", class_="badge gold"))
        elif "winner" in marks:
            words.append(tag("span", "winner", class_="badge gold"))
        if "preferred" in marks:
            words.append(tag("span", "a person's choice", class_="badge blue"))
        if "ancestor" in marks and len(self.story.lineage) > 1:
            step = self.story.lineage.index(entry) + 1
            words.append(tag("span", f"lineage {step}", class_="badge blue"))
        return tag("p", *words, class_="badges") if words else None

    def _details(self, entry: Entry) -> Html:
        shot = entry.shot
        parent = self.story.by_id.get(shot.parent or "")
        facts: dict[str, str | None] = {
            "seed": str(shot.seed),
            "model": shot.model,
            "strength": _plain(shot.strength),
            "true start": _plain(entry.true_start),
            "steps": _plain(shot.steps),
            "guidance": _plain(shot.guidance),
            "size": size(shot),
            "time": f"{entry.seconds:.2f} s",
            "file": entry.image,
            "referee": self.story.ruler.score(entry.referee) if entry.referee else None,
            **{name: f"{score.mean:.4g}" for name, score in entry.members.items()},
            **{name: shortened(_said(value), LONGEST_FACT) for name, value in entry.facts.items()},
        }
        link = tag("a", place(parent), href=f"#shot-{shot.parent}") if parent else None
        rows = [tag("div", tag("dt", "parent"), tag("dd", link))] if link else []
        rows += [
            tag("div", tag("dt", name), tag("dd", value))
            for name, value in facts.items()
            if value is not None
        ]
        return tag("dl", *rows)


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return str(value)


def _plain(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _shown(story: Story) -> dict[int, tuple[Entry, ...]]:
    rounds = story.rounds
    if len(rounds) > MOST_SHOWN:
        passed = {each.shot.round for each in story.lineage}
        passed |= {each.shot.round for each in story.running_best.values()}
        rounds = {number: row for number, row in rounds.items() if number in passed or number == 0}
        rounds = dict(list(rounds.items())[-MOST_SHOWN:])
    if sum(len(row) for row in rounds.values()) <= MOST_SHOWN:
        return dict(rounds)
    share = max(1, MOST_SHOWN // len(rounds))
    return {number: _share(story, row, share) for number, row in rounds.items()}


def _share(story: Story, row: tuple[Entry, ...], share: int) -> tuple[Entry, ...]:
    """Return the ancestors of a round and its best images, in the order they were drawn."""
    ranked = sorted(row, key=lambda each: (each.shot.id not in story.lineage_ids, -each.mean))
    kept = {each.shot.id for each in ranked[:share]}
    return tuple(each for each in row if each.shot.id in kept)
