"""What memory this machine has free, device by device."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from platform import machine
from shutil import which

from cohp.errors import BadInput
from cohp.placement.host import free_host
from cohp.placement.room import Device, Room, read_bytes

NAMED = re.compile(r"(?:cuda|cpu)(?::\d{1,3})?|mps")
# What is free is never all to be had: allocators leave gaps, and other programs breathe.
SHARE = 0.9
ASKING = ("nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits")


def room(
    devices: Sequence[str] | None = None, memory: str | None = None, *, sure: bool = False
) -> Room:
    """Return the devices to work on and what may be used of each: `memory`, else what is free.

    A plan that is only looked at does not wait for torch; one that is followed is made `sure`.
    """
    if sure:
        import torch  # noqa: F401, PLC0415 - seconds to import
    free = _free()
    names = list(devices or [next(iter(free))])
    for name in names:
        _check(name, free)
    if len(set(names)) < len(names):
        raise BadInput(f"devices: {max(names, key=names.count)} is named twice")
    budget = read_bytes(memory) if memory else None
    sharing = max(1, sum(name.startswith("cpu") for name in names))
    found = [
        Device(name, budget or int(free[_plain(name)] * SHARE) // (sharing if "cpu" in name else 1))
        for name in names
    ]
    return Room(tuple(found), int(free["cpu"] * SHARE))


def _free() -> Mapping[str, int]:
    """Return what is free of every device that is here, the fastest first."""
    found = _cards() if "torch" in sys.modules else cards_by_driver()
    if not found and sys.platform == "darwin" and machine() == "arm64":
        found = {"mps": free_host()}
    return {**found, "cpu": free_host()}


def _cards() -> dict[str, int]:
    import torch  # noqa: PLC0415 - it is imported

    cards = range(torch.cuda.device_count())
    return {f"cuda:{number}": int(torch.cuda.mem_get_info(number)[0]) for number in cards}


def cards_by_driver() -> dict[str, int]:
    """Return what is free of every NVIDIA GPU, without torch."""
    if which(ASKING[0]) is None:
        return {}
    told = subprocess.run(ASKING, capture_output=True, text=True, check=False).stdout  # noqa: S603
    lines = [line.strip() for line in told.splitlines()]
    return {f"cuda:{place}": int(line) << 20 for place, line in enumerate(lines) if line.isdigit()}


def _check(name: str, free: Mapping[str, int]) -> None:
    if not NAMED.fullmatch(name) or _plain(name) not in free:
        raise BadInput(f"devices: there is no {name} here; there are {', '.join(free)}")


def _plain(name: str) -> str:
    """Return the name a device is known by; a processor may be named as several."""
    if name.startswith("cpu"):
        return "cpu"
    return "cuda:0" if name == "cuda" else name
