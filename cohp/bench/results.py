"""What a benchmark came to: each contestant's scores by category, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cohp.bench.asked import Asked
from cohp.bench.contestants import Contestant
from cohp.bench.prompts import Prompt, PromptSet
from cohp.bench.state import Said, State
from cohp.bench.statistics import Sample, Summary, overall
from cohp.types import Score

NOT_YET = "not drawn or scored yet"


@dataclass(frozen=True)
class Scored:
    """An image with its prompt and the mean of its score, on the scale of the benchmark."""

    prompt: Prompt
    image: Path
    mean: float


@dataclass(frozen=True)
class Results:
    """A benchmark's folder, read: all tables and pages are drawn from it."""

    folder: Path
    prompts: PromptSet
    contestants: tuple[Contestant, ...]
    judges: tuple[str, ...]
    state: State

    @classmethod
    def of(cls, folder: Path, state: State) -> Results:
        """Return what the benchmark in `folder` came to so far."""
        asked = Asked.kept(folder, state)
        judges = tuple(state.sessions[-1]["judges"])
        return cls(folder, asked.prompts, asked.contestants, judges, state)

    def image(self, contestant: Contestant, prompt: Prompt) -> Path | str:
        """Return the file of a contestant's image for a prompt, or why there is none."""
        if contestant.folder is not None:
            name = f"{prompt.category}/{prompt.index:05d}"
            return contestant.image_of(prompt) or f"there is no image {name} in its folder"
        known = self.state.images.get((contestant.name, prompt.id))
        if known is None:
            return NOT_YET
        return self.folder / known.file if known.file else known.reason or NOT_YET

    def said(self, contestant: Contestant, prompt: Prompt, judge: str) -> Said:
        """Return a judge's score of a contestant's image, or why there is none."""
        image = self.image(contestant, prompt)
        if isinstance(image, str):
            return image
        return self.state.scores.get((contestant.name, prompt.id), {}).get(judge, NOT_YET)

    def scored(self, contestant: Contestant, judge: str, category: str) -> list[Scored]:
        """Return a contestant's scored images of a category, in the order of the prompts."""
        scale = self.prompts.protocol.scale(judge)
        found = []
        for prompt in self.prompts.prompts:
            if prompt.category != category:
                continue
            image, said = self.image(contestant, prompt), self.said(contestant, prompt, judge)
            if isinstance(said, Score) and isinstance(image, Path):
                found.append(Scored(prompt, image, said.mean * scale))
        return found

    @cached_property
    def samples(self) -> dict[tuple[str, str], dict[str, Sample]]:
        """The scores by contestant and judge, then by category; empty categories are left out."""
        found: dict[tuple[str, str], dict[str, Sample]] = {}
        for contestant in self.contestants:
            for judge in self.judges:
                own = found.setdefault((contestant.name, judge), {})
                for category in self.prompts.categories:
                    scored = self.scored(contestant, judge, category)
                    if scored:
                        own[category] = Sample(tuple(each.mean for each in scored))
        return found

    def summary(self, contestant: str, judge: str, category: str | None = None) -> Summary | None:
        """Return what a contestant's scores amount to, of a category or of all."""
        samples, protocol = self.samples[contestant, judge], self.prompts.protocol
        if category is not None:
            return samples[category].summary(protocol.group) if category in samples else None
        if not samples:
            return None
        by_category = protocol.overall == "categories"
        return overall(samples, by_category=by_category, group=protocol.group)

    def missing(self, contestant: Contestant, judge: str) -> list[tuple[Prompt, str]]:
        """Return the prompts a contestant has no score for, and why."""
        said = ((each, self.said(contestant, each, judge)) for each in self.prompts.prompts)
        return [(prompt, reason) for prompt, reason in said if isinstance(reason, str)]

    def wins(self, one: Contestant, other: Contestant, judge: str) -> tuple[float, int]:
        """Return how often one beats another on the same prompt, ties half, and of how many."""
        pairs = [
            (first.mean, second.mean)
            for each in self.prompts.prompts
            if isinstance(first := self.said(one, each, judge), Score)
            and isinstance(second := self.said(other, each, judge), Score)
        ]
        won = sum(1.0 if first > second else 0.5 * (first == second) for first, second in pairs)
        return won, len(pairs)
