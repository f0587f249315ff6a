"""Finds the models of a device their spots: how each draws there, where it is while others do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cohp.placement.need import FAST, Need, Stay
from cohp.placement.room import Device

# Where a model is while others draw, the nearest first.
Waits = Literal["device", "host", "disk"]


@dataclass(frozen=True)
class Spot:
    """How one model is held: its device, its stay there, where it waits, its largest batch."""

    need: Need
    device: str
    stay: Stay
    waits: Waits
    images: int

    @property
    def held(self) -> int:
        """What is on the device while another model draws."""
        return self.need.held(self.stay) if self.waits == "device" else 0

    @property
    def on_host(self) -> int:
        """What is in main memory meanwhile."""
        match self.waits:
            case "device":
                return self.need.on_host(self.stay)
            case "host":
                return self.need.whole
            case "disk":
                return 0

    @property
    def passing(self) -> int:
        """What loading it takes of main memory, beside what it keeps there anyway."""
        return self.need.whole - self.on_host


@dataclass(frozen=True)
class Space:
    """What models may take: the device as the judges leave it, and main memory."""

    device: Device
    host: int
    # What scoring takes while no model draws.
    scoring: int = 0

    def takes(self, need: Need, stay: Stay, images: int) -> bool:
        """Tell whether a model can draw here with no other beside it."""
        loads = self.device.unified or need.whole <= self.host
        return loads and need.working(stay, images, self.scoring) <= self.device.free

    def holds(self, spots: Sequence[Spot]) -> bool:
        """Tell whether models can draw here by turns, each held as its spot says."""
        host = 0 if self.device.unified else on_host(spots)
        return host <= self.host and peak(spots, self.scoring) <= self.device.free


def peak(spots: Sequence[Spot], scoring: int) -> int:
    """Return the most that models on one device take of it together."""
    held = sum(spot.held for spot in spots)
    working = (
        held - spot.held + spot.need.working(spot.stay, spot.images, scoring) for spot in spots
    )
    return max(working, default=scoring)


def on_host(spots: Sequence[Spot]) -> int:
    """Return the most that models take of main memory together."""
    waiting = sum(spot.on_host for spot in spots)
    return waiting + max((spot.passing for spot in spots), default=0)


def spots_for(needs: Sequence[Need], space: Space, images: int) -> list[Spot] | Need:
    """Return a spot for each, or the one that cannot draw here at all.

    The fastest way in which all stay on the device comes first, then the fastest for each alone.
    """
    for stay in FAST[:1] if space.device.unified else FAST[:2]:
        spots = [
            Spot(
                need, space.device.name, stay if stay in need.stays() else "whole", "device", images
            )
            for need in needs
        ]
        if space.holds(spots):
            return spots
    spots = []
    for need in needs:
        way = alone(need, space, images)
        if way is None:
            return need
        spots.append(Spot(need, space.device.name, way[0], "disk", way[1]))
    return _kept_near(spots, space)


def alone(need: Need, space: Space, images: int = 1) -> tuple[Stay, int] | None:
    """Return the fastest stay that fits with no other model there, and its largest batch."""
    return next((way for way in _ways(need, space, images) if space.takes(need, *way)), None)


def _ways(need: Need, space: Space, images: int) -> Iterator[tuple[Stay, int]]:
    """Try full batches before smaller ones, and coming by layers, which the bus slows, last."""
    batches = [images]
    while batches[-1] > 1:
        batches.append(batches[-1] // 2)
    for batch in batches:
        yield from ((stay, batch) for stay in stays(need, space.device)[: len(FAST)])
    for stay in stays(need, space.device):
        yield from ((stay, batch) for batch in batches if stay == "groups")


def stays(need: Need, device: Device) -> tuple[Stay, ...]:
    """Return every way in which a model can draw on a device."""
    if device.unified:
        return FAST[:1]
    return (*need.stays(), "groups") if need.layers_leave else need.stays()


def least(need: Need, space: Space) -> int:
    """Return what one image takes in the leanest way that works here."""
    return min(need.working(stay, 1, space.scoring) for stay in stays(need, space.device))


def _kept_near(spots: Sequence[Spot], space: Space) -> list[Spot]:
    """Keep on the device, then in main memory, what fits there, the small ones first."""
    near = list(spots)
    near_places: tuple[Waits, ...] = ("device",) if space.device.unified else ("device", "host")
    for place in sorted(range(len(near)), key=lambda at: near[at].need.held(near[at].stay)):
        for waits in near_places:
            tried = [*near[:place], replace(near[place], waits=waits), *near[place + 1 :]]
            if space.holds(tried):
                near = tried
                break
    return near
