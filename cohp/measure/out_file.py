"""The file scores are written to as they come, which a second run goes on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Self

from cohp.errors import BadInput, OutUnwritable
from cohp.measure import parquet
from cohp.measure.formats import COLUMNS, Csv, Format, JsonLines, Row, checked
from cohp.measure.items import Judged
from cohp.measure.places import check_file

FORMATS: Mapping[str, Format] = {
    ".jsonl": JsonLines(),
    ".ndjson": JsonLines(),
    ".csv": Csv(),
    ".parquet": JsonLines(),
}
TYPES = {name: "double" if name in {"mean", "std"} else "string" for name in COLUMNS}


class OutFile:
    """Rows of scores; those that are there already are kept, and images without one tried again.

    A Parquet file cannot grow: its rows gather beside it and become one at the end.
    """

    def __init__(self, path: Path, revisions: Mapping[str, str]) -> None:
        """Open the file at `path` for scores of judges at these revisions."""
        check_file(path, FORMATS)
        self._path = path
        self._parquet = path.suffix.lower() == ".parquet"
        self._lines = path.with_name(f".{path.name}.jsonl") if self._parquet else path
        self._format = FORMATS[path.suffix.lower()]
        self._revisions = revisions
        self._done: set[bytes] = set()
        self._added = 0
        with self._writing():
            self._keep()
            self._file = self._lines.open("a", encoding="utf-8", newline="")

    @property
    def summary(self) -> str:
        """What is in the file, for people."""
        kept = f", {len(self._done):,} of them from before" if self._done else ""
        return f"{len(self._done) + self._added:,} scores in {self._path}{kept}."

    def has(self, image: str, prompt: str) -> bool:
        """Tell whether every judge's score of an image is there already."""
        return all(_key(image, prompt, judge) in self._done for judge in self._revisions)

    def add(self, judged: Judged) -> None:
        """Write what is new of what was said of an image."""
        with self._writing():
            for row in judged.rows():
                if _key_of(row) not in self._done:
                    self._file.write(self._format.encode(row))
                    self._added += "error" not in row
            self._file.flush()

    def close(self) -> None:
        """Make the file whole."""
        with self._writing():
            self._file.close()
            if self._parquet:
                draft = self._draft()
                parquet.write(draft, self._format.read(self._lines), TYPES)
                draft.replace(self._path)
                self._lines.unlink()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Make the file whole."""
        self.close()

    def _keep(self) -> None:
        """Write the file anew: its scores, without the failures and a line that was cut."""
        draft = self._draft()
        try:
            with draft.open("w", encoding="utf-8", newline="") as file:
                file.write(self._format.head)
                for row in self._rows():
                    if row.get("error") or (key := _key_of(row)) in self._done:
                        continue
                    self._require_same_weights(row)
                    self._done.add(key)
                    file.write(self._format.encode(row))
            draft.replace(self._lines)
        finally:
            draft.unlink(missing_ok=True)

    def _rows(self) -> Iterator[Row]:
        if self._parquet and self._path.exists():
            yield from (checked(row, str(self._path)) for row in parquet.read(self._path))
        if self._lines.exists():
            yield from self._format.read(self._lines)

    def _require_same_weights(self, row: Row) -> None:
        now = self._revisions.get(row["reward"])
        if now is not None and row.get("revision") != now:
            raise BadInput(
                f"{self._path} has scores by {row['reward']} at revision {row.get('revision')}, "
                f"and {now} judges now: they do not compare. Name another file with --out."
            )

    def _draft(self) -> Path:
        return self._path.with_name(f".{self._path.name}.draft")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutUnwritable(self._path, error.strerror or str(error)) from error


def _key_of(row: Row) -> bytes:
    return _key(row["image"], row["prompt"], row["reward"])


def _key(image: str, prompt: str, judge: str) -> bytes:
    return blake2b(f"{image}\0{prompt}\0{judge}".encode(), digest_size=16).digest()
