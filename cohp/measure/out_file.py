"""The file that scores or features are written to as they come, which a second run goes on with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Self

from cohp.errors import BadInput, OutUnwritable
from cohp.measure import parquet
from cohp.measure.formats import COLUMNS, Csv, Format, JsonLines, Row, checked
from cohp.measure.places import check_file
from cohp.record.claim import claimed


@dataclass(frozen=True)
class Whole:
    """A file that cannot grow: rows gather beside it as lines, and become one at the end."""

    read: Callable[[Path], Iterator[Row]]
    write: Callable[[Path, Iterable[Row]], None]


@dataclass(frozen=True)
class Contents:
    """What files hold, by the ends of their names: how it grows, or how it is made whole.

    Where it is `alone`, only one judge's rows may be in a file.
    """

    what: str
    kinds: Mapping[str, Format | Whole]
    alone: bool = False


TYPES = {name: "double" if name in {"mean", "std"} else "string" for name in COLUMNS}
SCORES = Contents(
    "scores",
    {
        ".jsonl": JsonLines(),
        ".ndjson": JsonLines(),
        ".csv": Csv(),
        ".parquet": Whole(parquet.read, partial(parquet.write, types=TYPES)),
    },
)


class OutFile:
    """Rows about images; those that are there already are kept, and images without one tried again.

    One process at a time writes to a file.
    """

    def __init__(
        self, path: Path, revisions: Mapping[str, str], contents: Contents = SCORES
    ) -> None:
        """Open the file at `path` for rows by judges at these revisions."""
        check_file(path, contents.kinds)
        kind = contents.kinds[path.suffix.lower()]
        self._whole = kind if isinstance(kind, Whole) else None
        self._format = JsonLines() if isinstance(kind, Whole) else kind
        self._path = path
        self._lines = path.with_name(f".{path.name}.jsonl") if self._whole else path
        self._contents = contents
        self._revisions = revisions
        self._done: set[bytes] = set()
        self._added = 0
        with ExitStack() as held, self._writing():
            held.enter_context(claimed(path))
            self._keep()
            self._file = held.enter_context(self._lines.open("a", encoding="utf-8", newline=""))
            self._held = held.pop_all()

    @property
    def summary(self) -> str:
        """What is in the file, for people."""
        kept = f", {len(self._done):,} of them from before" if self._done else ""
        count = len(self._done) + self._added
        return f"{count:,} {self._contents.what} in {self._path}{kept}."

    def has(self, image: str, prompt: str) -> bool:
        """Tell whether every judge's row about an image is there already."""
        return all(_key(image, prompt, judge) in self._done for judge in self._revisions)

    def add(self, rows: Iterable[Row]) -> None:
        """Write those rows that are new."""
        with self._writing():
            for row in rows:
                if _key_of(row) not in self._done:
                    self._file.write(self._format.encode(row))
                    self._added += "error" not in row
            self._file.flush()

    def close(self) -> None:
        """Make the file whole."""
        with self._writing(), self._held:
            self._file.close()
            if self._whole:
                with self._draft() as draft:
                    self._whole.write(draft, self._format.read(self._lines))
                    draft.replace(self._path)
                self._lines.unlink()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Make the file whole."""
        self.close()

    def _keep(self) -> None:
        """Write the file anew: its rows, without the failures and a line that was cut."""
        with self._draft() as draft:
            with draft.open("w", encoding="utf-8", newline="") as file:
                file.write(self._format.head)
                for row in self._rows():
                    if row.get("error") or (key := _key_of(row)) in self._done:
                        continue
                    self._require_same_weights(row)
                    self._done.add(key)
                    file.write(self._format.encode(row))
            draft.replace(self._lines)

    def _rows(self) -> Iterator[Row]:
        if self._whole and self._path.exists():
            yield from (checked(row, str(self._path)) for row in self._whole.read(self._path))
        if self._lines.exists():
            yield from self._format.read(self._lines)

    def _require_same_weights(self, row: Row) -> None:
        judge, revision = row["reward"], row.get("revision")
        if self._revisions.get(judge) == revision:
            return
        if judge in self._revisions or self._contents.alone:
            now = ", ".join(f"{name} at {each}" for name, each in self._revisions.items())
            raise BadInput(
                f"{self._path} has {self._contents.what} by {judge} at revision {revision}, and "
                f"{now} judges now: they do not compare. Name another file with --out."
            )

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        draft = self._path.with_name(f".{self._path.name}.draft")
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

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
