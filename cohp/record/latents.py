"""The latents of shots that may become parents, as safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from cohp.errors import RunDamaged
from cohp.record.files import write_whole


def store(path: Path, latents: np.ndarray[Any, Any]) -> None:
    """Write latents exactly as they are."""
    write_whole(path, save({"latents": np.ascontiguousarray(latents)}))


def fetch(path: Path) -> np.ndarray[Any, Any] | None:
    """Read latents, or return None where a shot has none."""
    if not path.exists():
        return None
    try:
        return np.asarray(load(path.read_bytes())["latents"])
    except (SafetensorError, KeyError) as error:
        raise RunDamaged(
            f"{path} is damaged. Restore it from a copy, or start a new run."
        ) from error
