"""Features in a file, written as they come: NumPy's npz, or Parquet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZipFile

import numpy as np

from cohp.errors import OutUnwritable
from cohp.measure import parquet
from cohp.measure.features import Embedded


def write_features(path: Path, embedded: Iterable[Embedded]) -> None:
    """Write images, prompts and features, whole or not at all; what has none is left out."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        WRITERS[path.suffix.lower()](draft, embedded)
        draft.replace(path)
    except OSError as error:
        raise OutUnwritable(path, error.strerror or str(error)) from error
    finally:
        draft.unlink(missing_ok=True)


def _npz(path: Path, embedded: Iterable[Embedded]) -> None:
    """Gather rows of floats on disk, since they may be more than the memory holds."""
    names: list[str] = []
    prompts: list[str] = []
    with TemporaryFile(dir=path.parent) as features, TemporaryFile(dir=path.parent) as texts:
        for each in embedded:
            names.append(each.item.name)
            prompts.append(each.prompt)
            for rows, row in ((features, each.features), (texts, each.text)):
                if row is not None:
                    rows.write(row.tobytes())
        with ZipFile(path, "w") as file:
            for name, listed in (("image", names), ("prompt", prompts)):
                with file.open(f"{name}.npy", "w") as member:
                    np.lib.format.write_array(member, np.array(listed, dtype=str))
            for name, rows in (("features", features), ("text", texts)):
                if rows.tell():
                    _copy_rows(file, name, rows, len(names))


def _copy_rows(file: ZipFile, name: str, rows: IO[bytes], count: int) -> None:
    about = {"descr": "<f4", "fortran_order": False, "shape": (count, rows.tell() // 4 // count)}
    rows.seek(0)
    with file.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, about)
        shutil.copyfileobj(rows, member)


def _parquet(path: Path, embedded: Iterable[Embedded]) -> None:
    types = {"image": "string", "prompt": "string", "features": "floats", "text": "floats"}
    rows = (
        dict(zip(types, (each.item.name, each.prompt, each.features, each.text), strict=True))
        for each in embedded
    )
    parquet.write(path, rows, types, batch=256)


WRITERS: Mapping[str, Callable[[Path, Iterable[Embedded]], None]] = {
    ".npz": _npz,
    ".parquet": _parquet,
}
