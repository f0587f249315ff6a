"""The batch's folder: what was asked for, and what became of each prompt, a line at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from cohp.batch.book import Book, Done
from cohp.batch.lines import HEAD, JOURNAL, Asked, Refused
from cohp.errors import BadInput, RunExists
from cohp.record import journal
from cohp.record.claim import make
from cohp.record.files import writing
from cohp.record.folder import BEST
from cohp.record.held import Held, taken
from cohp.result import Outcome

GO_ON = "cohp batch --resume --out"


class Ledger(Held):
    """A batch's folder that this process alone writes to, until it is closed."""

    def __init__(self, folder: Path) -> None:
        """Open the batch in `folder`; see `begin` for a new one."""
        self.folder = folder
        file = folder / JOURNAL
        if (folder / HEAD).is_file():
            raise BadInput(f"The batch in {folder} was begun with --ray: add it.")
        if not file.is_file() or not journal.read(file)[0]:
            raise BadInput(
                f"{folder} holds no batch. Name the folder that cohp batch printed, the one with "
                f"{JOURNAL} in it."
            )
        with self._claiming(folder):
            head, *lines = journal.read(file)[0]
            self.book = Book.from_json(head)
            for line in lines:
                self.book.take(Done.from_json({key: line[key] for key in line if key != "kind"}))
            with writing(folder, GO_ON):
                self._journal = journal.Writer(file)

    @classmethod
    def begin(cls, folder: Path, asked: Sequence[Asked], refused: Sequence[Refused]) -> Self:
        """Begin a batch in a folder that is new or empty."""
        make(folder)
        if taken(folder, JOURNAL):
            raise RunExists(folder, f"{GO_ON} {folder}")
        with writing(folder, GO_ON):
            writer = journal.Writer(folder / JOURNAL)
            writer.append({"kind": "batch", **Book(asked, refused).to_json()})
            writer.close()
        return cls(folder)

    def run(self, asked: Asked) -> Path:
        """Return the run folder of a prompt."""
        return self.folder / asked.name

    def pictures(self, runs: Sequence[Asked]) -> Iterator[bytes | None]:
        """Read the best images of some prompts; None where one is gone."""
        for each in runs:
            try:
                yield (self.run(each) / BEST).read_bytes()
            except OSError:
                yield None

    def put(self, outcome: Outcome) -> Done:
        """Record what became of a prompt."""
        done = Done.of(outcome)
        with writing(self.folder, GO_ON):
            self._journal.append({"kind": "done", **done.to_json()})
        self.book.take(done)
        return done
