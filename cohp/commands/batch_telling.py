"""What `cohp batch` says before its view and after it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import click

from cohp.batch.book import Book
from cohp.batch.lines import PAGE, Asked
from cohp.errors import SomeFailed
from cohp.report.words import count


@dataclass(frozen=True)
class Shown:
    """How much a person wants to see."""

    as_json: bool
    quiet: bool

    @property
    def silent(self) -> bool:
        """Whether nothing is shown while the batch works."""
        return self.as_json or self.quiet

    def refused(self, book: Book) -> None:
        """Say which lines are refused, and why."""
        if not self.silent:
            for each in book.refused:
                click.echo(f"line {each.line} is refused: {each.reason}", err=True)

    def outcome(self, book: Book, folder: str, again: str) -> None:
        """Print what the batch came to; raises `SomeFailed` where prompts have no image.

        `again` is the command that tries those again.
        """
        failed = [each for each in book.asked if book.failed(each)]
        page = f"{folder}/{PAGE}"
        if self.as_json:
            runs = [_outcome(book, folder, each) for each in book.asked]
            refused = [vars(each) for each in book.refused]
            told = {"folder": folder, "page": page, "runs": runs, "refused": refused}
            click.echo(json.dumps(told))
        elif not self.quiet:
            click.echo(f"summary: {page}")
        if failed or book.refused:
            said = [f"{count(len(failed), 'prompt')} failed"] if failed else []
            said += [f"{count(len(book.refused), 'line')} refused"] if book.refused else []
            ending = f" Try again: {again} {folder}" if failed else ""
            raise SomeFailed(f"{', '.join(said)}; the others are done.{ending}")


def _outcome(book: Book, folder: str, asked: Asked) -> dict[str, Any]:
    return {"run": f"{folder}/{asked.name}", **book.done[asked.number].to_json()}
