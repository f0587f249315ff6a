"""A batch as it stands: what was asked for, what was refused, and what became of each prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cohp.batch.lines import Asked, Refused, is_folder_name
from cohp.errors import RunDamaged
from cohp.recipe import complete
from cohp.record.journal import SCHEMA
from cohp.result import Outcome
from cohp.types import Score


@dataclass(frozen=True)
class Done:
    """What became of a prompt: its best image's model and score, or the reason it has none."""

    number: int
    model: str = ""
    score: Score | None = None
    shots: int = 0
    seconds: float = 0.0
    reason: str | None = None

    @classmethod
    def of(cls, outcome: Outcome) -> Done:
        """Return what is kept of an outcome."""
        result = outcome.result
        if result is None:
            return cls(outcome.number, reason=str(outcome.error))
        seconds = sum(entry.seconds for entry in result.folder.entries.values())
        score = Score(result.score.mean, result.score.std)
        return cls(outcome.number, result.model, score, result.shots, round(seconds, 4))

    def to_json(self) -> dict[str, Any]:
        """Return the plain values that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Done:
        """Read what `to_json` returned."""
        score = values["score"]
        return cls(**{**values, "score": Score(**score) if score else None})


class Book:
    """What a batch asks for, and what has become of it so far."""

    def __init__(self, asked: Sequence[Asked], refused: Sequence[Refused]) -> None:
        self.asked = asked
        self.refused = refused
        self.done: dict[int, Done] = {}

    @classmethod
    def from_json(cls, head: Mapping[str, Any]) -> Book:
        """Read what `to_json` returned."""
        if head["schema"] != SCHEMA:
            raise RunDamaged(
                f"The batch has schema {head['schema']}, this version reads {SCHEMA}. "
                "Use the version of CoHP that began it."
            )
        asked = [
            Asked(**{**each, "recipe": complete({**head["recipe"], **each["recipe"]})})
            for each in head["prompts"]
        ]
        for each in asked:
            if not is_folder_name(each.name):
                raise RunDamaged(f"The batch was changed: no folder can be called {each.name!r}.")
        return cls(asked, [Refused(**each) for each in head["refused"]])

    def to_json(self) -> dict[str, Any]:
        """Return what is asked for as plain values; what all recipes share stands once."""
        recipes = [each.recipe.to_json() for each in self.asked]
        shared = {
            key: value
            for key, value in recipes[0].items()
            if all(each[key] == value for each in recipes)
        }
        prompts = [
            {**vars(each), "recipe": {key: own[key] for key in own if key not in shared}}
            for each, own in zip(self.asked, recipes, strict=True)
        ]
        refused = [asdict(each) for each in self.refused]
        return {"schema": SCHEMA, "recipe": shared, "prompts": prompts, "refused": refused}

    def take(self, done: Done) -> None:
        """Note what became of a prompt."""
        self.done[done.number] = done

    def failed(self, asked: Asked) -> bool:
        """Tell whether a prompt was tried and has no image."""
        done = self.done.get(asked.number)
        return done is not None and done.reason is not None

    def left(self, *, retry: bool) -> list[Asked]:
        """Return the prompts that have no outcome yet, and with `retry` those that failed."""
        return [
            each
            for each in self.asked
            if each.number not in self.done or (retry and self.failed(each))
        ]
