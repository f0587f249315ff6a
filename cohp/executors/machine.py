"""What memory this machine has free, device by device."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cohp.errors import BadInput
from cohp.placement.room import Device, Room, read_bytes

NAMED = re.compile(r"(?:cuda|cpu)(?::\d{1,3})?|mps")
# What is free is never all to be had: allocators leave gaps, and other programs breathe.
SHARE = 0.9


def room(devices: Sequence[str] | None = None, memory: str | None = None) -> Room:
    """Return the devices to work on and what may be used of each: `memory`, else what is free."""
    from cohp.pipelines.memory import default_device  # noqa: PLC0415 - torch, seconds to import

    names = list(devices or [default_device()])
    for name in names:
        _check(name)
    if len(set(names)) < len(names):
        raise BadInput(f"devices: {max(names, key=names.count)} is named twice")
    budget = read_bytes(memory) if memory else None
    sharing = sum(name.startswith("cpu") for name in names)
    found = tuple(Device(name, budget or int(_free(name, sharing) * SHARE)) for name in names)
    return Room(found, int(_free("cpu", 1) * SHARE))


def here() -> list[str]:
    """Return the names of the devices that torch finds."""
    import torch  # noqa: PLC0415

    cards = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return [*cards, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def _check(name: str) -> None:
    found = here()
    known = NAMED.fullmatch(name) and (
        name.startswith("cpu") or name in found or (name == "cuda" and found[0] != "cpu")
    )
    if not known:
        raise BadInput(f"devices: there is no {name} here; there are {', '.join(found)}")


def _free(name: str, sharing: int) -> int:
    import torch  # noqa: PLC0415

    from cohp.reward.batching import free_bytes  # noqa: PLC0415

    free = free_bytes(torch.device(name))
    return free // max(1, sharing) if name.startswith("cpu") else free
