"""Parquet, read and written a batch at a time; pyarrow is an extra."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from cohp.errors import BadInput, MissingExtra

BATCH = 10_000


def read(path: Path, batch: int = BATCH) -> Iterator[dict[str, Any]]:
    """Go through the rows of a file; a smaller `batch` where the rows are large."""
    arrow = library()
    try:
        with arrow.parquet.ParquetFile(path) as file:
            for each in file.iter_batches(batch):
                yield from each.to_pylist()
    except arrow.ArrowInvalid as error:
        raise BadInput(f"{path} is no Parquet file, or is damaged: {error}.") from error


def write(
    path: Path, rows: Iterable[Mapping[str, Any]], types: Mapping[str, str], batch: int = BATCH
) -> None:
    """Write rows, `batch` at a time; `types` are Arrow's names, or "floats" for a vector."""
    arrow = library()
    kinds = {"floats": arrow.list_(arrow.float32())}
    schema = arrow.schema(
        [(name, kinds.get(kind) or arrow.type_for_alias(kind)) for name, kind in types.items()]
    )
    left = iter(rows)
    with arrow.parquet.ParquetWriter(path, schema) as file:
        while some := list(islice(left, batch)):
            file.write_table(arrow.Table.from_pylist(some, schema))


def library() -> Any:  # noqa: ANN401 - it has no types
    """Return pyarrow, or say how to get it."""
    try:
        import pyarrow.parquet  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtra("Parquet", "parquet") from error
    return pyarrow
