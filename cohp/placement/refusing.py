"""One sentence for what does not fit: what it takes, what there is, and what would fit."""

from __future__ import annotations

from collections.abc import Sequence

from cohp.errors import DoesNotFit
from cohp.placement.need import JudgeNeed, Need
from cohp.placement.room import Room, written
from cohp.placement.spots import Space, alone, least


def judges_too_large(judges: Sequence[JudgeNeed], needed: int, room: Room) -> DoesNotFit:
    """Say that no device holds the judges."""
    most = max(device.free for device in room.devices)
    said = f"{_listed(judges)} takes {written(needed)}, and {written(most)} is free"
    for judge in judges:
        for leaner in judge.leaner:
            if needed - judge.weights + leaner.weights <= most:
                return DoesNotFit(f"{said}. In fewer bits it would fit: --reward {leaner.name}")
    return DoesNotFit(
        f"{said}, which a reward must never leave. Choose a smaller one (see `cohp rewards`), or "
        "free memory."
    )


def model_too_large(need: Need, judges: Sequence[JudgeNeed], space: Space) -> DoesNotFit:
    """Say that a model does not fit on the device it would have to draw on."""
    if not space.device.unified and need.whole > space.host:
        return DoesNotFit(
            f"{need.name} passes through main memory as it loads, and of the {written(need.whole)} "
            f"it takes {written(max(space.host, 0))} is free. Close other programs, or choose a "
            "smaller model."
        )
    needed = least(need, space)
    beside = f" beside {_listed(judges)}" if judges else ""
    said = (
        f"{need.name} takes at least {written(needed)} of {space.device.name}, where "
        f"{written(max(space.device.free, 0))} is left{beside}"
    )
    for leaner in need.leaner:
        if alone(leaner, space):
            return DoesNotFit(f"{said}. In fewer bits it would fit: --models {leaner.name}")
    in_all = needed + sum(judge.weights for judge in judges)
    return DoesNotFit(
        f"{said}. With {written(in_all)} in all it would fit; else choose a smaller model."
    )


def _listed(judges: Sequence[JudgeNeed]) -> str:
    return " and ".join(judge.name for judge in judges)
