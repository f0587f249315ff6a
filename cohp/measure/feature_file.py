"""Features in a file: NumPy's npz, or Parquet; on their way a row holds them as base64."""

from __future__ import annotations

import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from cohp.errors import BadInput
from cohp.measure import parquet
from cohp.measure.features import Embedded
from cohp.measure.formats import Row
from cohp.measure.out_file import Contents, Whole

NAMES = ("image", "prompt", "reward", "revision")
VECTORS = ("features", "text")
TYPES = {**dict.fromkeys(NAMES, "string"), **dict.fromkeys(VECTORS, "floats")}
FLOAT = np.dtype("<f4")
# Rows are large: so many are held at once.
BATCH = 256


def rows(embedded: Embedded, reward: str, revision: str) -> list[Row]:
    """Return the row of an image, or none where it has no features."""
    if embedded.features is None:
        return []
    about = (embedded.item.name, embedded.prompt, reward, revision)
    vectors = (embedded.features, embedded.text)
    return [dict(zip(TYPES, (*about, *map(_packed, vectors)), strict=True))]


def _packed(vector: np.ndarray | None) -> str | None:
    return None if vector is None else b64encode(vector.astype(FLOAT).tobytes()).decode()


def _write_npz(path: Path, rows: Iterable[Row]) -> None:
    """Gather the floats on disk, since they may be more than the memory holds."""
    texts: dict[str, list[str]] = {name: [] for name in NAMES}
    with TemporaryFile(dir=path.parent) as features, TemporaryFile(dir=path.parent) as words:
        floats = dict(zip(VECTORS, (features, words), strict=True))
        for row in rows:
            for name, listed in texts.items():
                listed.append(row[name])
            for name, packed in floats.items():
                packed.write(b64decode(row[name] or ""))
        with ZipFile(path, "w") as file:
            for name, listed in texts.items():
                with file.open(f"{name}.npy", "w") as member:
                    np.lib.format.write_array(member, np.array(listed, dtype=str))
            for name, packed in floats.items():
                if packed.tell():
                    _copy_rows(file, name, packed, len(texts["image"]))


def _copy_rows(file: ZipFile, name: str, rows: IO[bytes], count: int) -> None:
    width = rows.tell() // FLOAT.itemsize // count
    about = {"descr": FLOAT.str, "fortran_order": False, "shape": (count, width)}
    rows.seek(0)
    with file.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, about)
        shutil.copyfileobj(rows, member)


def _read_npz(path: Path) -> Iterator[Row]:
    try:
        with np.load(path) as kept:
            texts = [kept[name].tolist() for name in NAMES]
        with ZipFile(path) as file:
            vectors = [_rows_of(file, name, len(texts[0])) for name in VECTORS]
            for values in zip(*texts, *vectors, strict=True):
                yield dict(zip(TYPES, values, strict=True))
    except (BadZipFile, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path} is no file of features that CoHP wrote. Name another with --out."
        ) from error


def _rows_of(file: ZipFile, name: str, count: int) -> Iterator[str | None]:
    if f"{name}.npy" not in file.namelist():
        yield from [None] * count
        return
    with file.open(f"{name}.npy") as member:
        np.lib.format.read_magic(member)
        (_, width), *_ = np.lib.format.read_array_header_1_0(member)
        for _ in range(count):
            yield b64encode(member.read(width * FLOAT.itemsize)).decode()


def _write_parquet(path: Path, rows: Iterable[Row]) -> None:
    def unpacked(packed: str | None) -> Any:  # noqa: ANN401 - as pyarrow takes it
        return None if packed is None else np.frombuffer(b64decode(packed), FLOAT)

    whole = ({**row, **{name: unpacked(row[name]) for name in VECTORS}} for row in rows)
    parquet.write(path, whole, TYPES, BATCH)


def _read_parquet(path: Path) -> Iterator[Row]:
    for row in parquet.read(path, BATCH):
        packed = {
            name: _packed(None if (each := row.get(name)) is None else np.array(each, FLOAT))
            for name in VECTORS
        }
        yield {**row, **packed}


FEATURES = Contents(
    "features",
    {
        ".npz": Whole(_read_npz, _write_npz),
        ".parquet": Whole(_read_parquet, _write_parquet),
    },
    alone=True,
)
