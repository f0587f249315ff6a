"""The batch's folder: what was asked for, and what became of each prompt, a line at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from cohp.batch.lines import Asked, Refused
from cohp.errors import BadInput, RunExists
from cohp.recipe import complete
from cohp.record import journal
from cohp.record.claim import LOCK, claim, make
from cohp.record.files import writing
from cohp.result import Outcome
from cohp.types import Score

JOURNAL = "batch.jsonl"
GO_ON = "cohp batch --resume --out"


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
        """Return what the journal keeps of an outcome."""
        result = outcome.result
        if result is None:
            return cls(outcome.number, reason=str(outcome.error))
        seconds = sum(entry.seconds for entry in result.folder.entries.values())
        score = Score(result.score.mean, result.score.std)
        return cls(outcome.number, result.model, score, result.shots, round(seconds, 4))

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Done:
        """Read what the journal holds."""
        fields = {name: line[name] for name in line if name != "kind"}
        score = fields.pop("score")
        return cls(**fields, score=Score(**score) if score else None)


class Ledger:
    """A batch's folder that this process alone writes to, until it is closed."""

    def __init__(self, folder: Path) -> None:
        """Open the batch in `folder`; see `begin` for a new one."""
        self.folder = folder
        file = folder / JOURNAL
        if not file.is_file() or not journal.read(file)[0]:
            raise BadInput(
                f"{folder} holds no batch. Name the folder that cohp batch printed, the one with "
                f"{JOURNAL} in it."
            )
        self._lock = claim(folder)
        try:
            head, *lines = journal.read(file)[0]
            self.asked = [
                Asked(**{**each, "recipe": complete(each["recipe"])}) for each in head["prompts"]
            ]
            self.refused = [Refused(**each) for each in head["refused"]]
            self.done = {line["number"]: Done.from_json(line) for line in lines}
            with writing(folder, GO_ON):
                self._journal = journal.Writer(file)
        except BaseException:
            self._lock.release()
            raise

    @classmethod
    def begin(cls, folder: Path, asked: Sequence[Asked], refused: Sequence[Refused]) -> Self:
        """Begin a batch in a folder that is new or empty."""
        make(folder)
        file = folder / JOURNAL
        begun = file.exists() and bool(journal.read(file)[0])
        if begun or {each.name for each in folder.iterdir()} - {LOCK, JOURNAL}:
            raise RunExists(folder, f"{GO_ON} {folder}")
        with writing(folder, GO_ON):
            writer = journal.Writer(file)
            writer.append(
                {
                    "kind": "batch",
                    "schema": journal.SCHEMA,
                    "prompts": [each.to_json() for each in asked],
                    "refused": [asdict(each) for each in refused],
                }
            )
            writer.close()
        return cls(folder)

    def run(self, asked: Asked) -> Path:
        """Return the run folder of a prompt."""
        return self.folder / asked.name

    def failed(self, asked: Asked) -> bool:
        """Tell whether a prompt was tried and has no image."""
        done = self.done.get(asked.number)
        return done is not None and done.reason is not None

    def put(self, outcome: Outcome) -> Done:
        """Record what became of a prompt."""
        done = Done.of(outcome)
        with writing(self.folder, GO_ON):
            self._journal.append({"kind": "done", **asdict(done)})
        self.done[done.number] = done
        return done

    def close(self) -> None:
        """Let others work on the batch."""
        self._journal.close()
        self._lock.release()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let others work on the batch."""
        self.close()
