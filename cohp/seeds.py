"""One stable seed per shot, from the run's seed and the shot's place alone."""

from __future__ import annotations

import hashlib
import secrets

# 32 bits: what every image tool, hosted API and infotext reader accepts.
LARGEST_SEED = 2**32 - 1


def seed_for(run_seed: int, *place: str | int) -> int:
    """Return the seed of the shot at `place`, the same on every machine and in every batch."""
    path = "/".join(str(part) for part in (run_seed, *place))
    return int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big")


def fresh_seed() -> int:
    """Return a run seed nobody chose; it is recorded with the run."""
    return secrets.randbelow(LARGEST_SEED + 1)
