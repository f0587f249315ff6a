"""Writing to a benchmark's folder: one process at a time, each image whole before its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cohp.bench.asked import PROMPTS, Asked
from cohp.bench.contestants import Contestant
from cohp.bench.prompts import Prompt
from cohp.bench.state import JOURNAL, Image, Place, Said, State, image_line, score_line
from cohp.errors import RunTrouble
from cohp.record import journal, metadata
from cohp.record.claim import LOCK, make
from cohp.record.files import write_whole, writing
from cohp.record.folder import content_name
from cohp.record.held import Held
from cohp.record.versions import versions
from cohp.types import Answer, Scored, Unscored

GO_ON = "cohp bench resume"


class Ledger(Held):
    """A benchmark's folder that this process alone writes to, until it is closed."""

    def __init__(self, folder: Path) -> None:
        """Lock `folder`, which is new, empty, or a benchmark to go on with."""
        make(folder)
        self.folder = folder
        with self._claiming(folder):
            _check(folder)
            with self._writing():
                self._journal = journal.Writer(folder / JOURNAL)
            self.state = State.read(folder)

    def begin(self, asked: Asked, judges: Sequence[str]) -> None:
        """Begin a session of what is asked; `judges` is what the tables call its rewards."""
        self._append(
            {
                "kind": "session",
                "schema": journal.SCHEMA,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "versions": versions(),
                "judges": list(judges),
                **asked.to_json(),
            }
        )
        with self._writing():
            (self.folder / "images").mkdir(exist_ok=True)
            write_whole(self.folder / PROMPTS, asked.prompts.write())

    def loaded(self, revisions: Mapping[str, str]) -> None:
        """Record which weights are at work; other weights than before would not compare."""
        for name, revision in revisions.items():
            before = self.state.revisions.get(name, revision)
            if before != revision:
                raise RunTrouble(
                    f"{name} is at revision {revision}, in {self.folder} it was at {before}. "
                    "Bring that one back, or name another folder with --out."
                )
            if name not in self.state.revisions:
                self._append({"kind": "loaded", "name": name, "revision": revision})

    def drawn(self, contestant: Contestant, prompt: Prompt, answer: Answer, judge: str) -> None:
        """Record an image that was drawn for a prompt, and what the judge said of it."""
        place = contestant.name, prompt.id
        drawn = answer.drawn
        if drawn is None:
            reason = answer.reason if isinstance(answer, Unscored) else None
            self.put(place, Image(reason=reason))
            return
        score = answer.score if isinstance(answer, Scored) else None
        recipe = contestant.recipe_for(prompt)
        chunks = metadata.chunks_of(recipe.to_json(), (drawn.shot,), score, versions())
        file = self.keep(metadata.encode(drawn.image, chunks if recipe.metadata else {}))
        self.put(place, Image(file, model=drawn.shot.model, seconds=round(drawn.seconds, 4)))
        self.scored(place, {judge: answer.score if isinstance(answer, Scored) else answer.reason})

    def keep(self, png: bytes) -> str:
        """Write an image, whole, and return what its line calls it."""
        name = f"images/{content_name(png)}"
        with self._writing():
            write_whole(self.folder / name, png)
        return name

    def put(self, place: Place, image: Image) -> None:
        """Record a contestant's image for a prompt, which lies on disk, or why there is none."""
        self._append(image_line(place, image))

    def scored(self, place: Place, said: Mapping[str, Said]) -> None:
        """Record what judges said of an image, where it is news."""
        known = self.state.scores.get(place, {})
        for judge, each in said.items():
            if known.get(judge) != each:
                self._append(score_line(place, judge, each))

    def _append(self, line: dict[str, Any]) -> None:
        with self._writing():
            self._journal.append(line)
        self.state.take(line)

    def _writing(self) -> AbstractContextManager[None]:
        return writing(self.folder, GO_ON)


def _check(folder: Path) -> None:
    others = {each.name for each in folder.iterdir()} - {LOCK}
    if others and JOURNAL not in others:
        raise RunTrouble(f"{folder} already holds something else. Name another with --out.")
