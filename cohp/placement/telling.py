"""A plan told to people: a line for each model and device, and the same as plain values."""

from __future__ import annotations

from typing import Any

from cohp.placement.need import Stay
from cohp.placement.plan import Plan
from cohp.placement.room import written
from cohp.placement.spots import Spot, Waits

STAYS: dict[Stay, str] = {
    "whole": "all of it at once",
    "apart": "text encoders leave after encoding",
    "turns": "its parts by turns",
    "groups": "layer by layer from main memory",
}
WAITS: dict[Waits, str] = {
    "device": "stays",
    "host": "waits in main memory",
    "disk": "comes from the disk",
}


def plan_text(plan: Plan) -> str:
    """Return who is held where, what each takes, and the peaks to expect; "" if nothing is."""
    if not any(plan.peak(device.name) for device in plan.room.devices):
        return ""
    rows = [
        (judge.name, plan.judging, _size(judge.weights, judge.rough), "stays, and judges")
        for judge in plan.judges
    ]
    rows += [
        (spot.need.name, spot.device, _size(spot.need.whole, spot.need.rough), spot_text(spot))
        for spot in plan.spots
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    peaks = [
        f"peak on {device.name}: {written(plan.peak(device.name))} of {written(device.free)}"
        for device in plan.room.devices
    ]
    host = [f"main memory: {written(plan.host)}"] if plan.host else []
    return "\n".join([*table, *peaks, *host])


def spot_text(spot: Spot) -> str:
    """Say in a few words how a model is held."""
    at_once = f"{spot.images} at once" if spot.images > 1 else "one at a time"
    return f"{WAITS[spot.waits]}; {STAYS[spot.stay]}; {at_once}"


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain values, sizes in bytes."""
    return {
        "devices": {
            device.name: {"memory": device.free, "peak": plan.peak(device.name)}
            for device in plan.room.devices
        },
        "host": plan.host,
        "judges": [
            {"name": each.name, "device": plan.judging, "bytes": each.weights}
            for each in plan.judges
        ],
        "models": [
            {
                "name": spot.need.name,
                "device": spot.device,
                "bytes": spot.need.whole,
                "stay": spot.stay,
                "waits": spot.waits,
                "images": spot.images,
            }
            for spot in plan.spots
        ],
    }


def _size(size: int, rough: bool) -> str:
    return f"about {written(size)}" if rough else written(size)
