"""Decides before anything loads who is held where, and says what that takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cohp.placement.need import JudgeNeed, Need
from cohp.placement.refusing import judges_too_large, model_too_large
from cohp.placement.room import Device, Room
from cohp.placement.spots import Space, Spot, alone, on_host, peak, spots_for


@dataclass(frozen=True)
class Plan:
    """The judges and their device, a spot a model, and the peaks to expect."""

    room: Room
    judges: tuple[JudgeNeed, ...]
    judging: str
    spots: tuple[Spot, ...]

    def spot(self, name: str) -> Spot | None:
        """Return the spot of a model, or None where the plan knows none of that name."""
        return next((spot for spot in self.spots if spot.need.name == name), None)

    def batch(self, name: str, images: int) -> int:
        """Return how many of so many images a model draws at once, held as it is."""
        spot = self.spot(name)
        batch = self._device(spot.device).at_once(images) if spot else images
        while spot and batch > 1:
            grown = replace(spot, images=batch)
            spots = tuple(grown if each is spot else each for each in self.spots)
            if replace(self, spots=spots).peak(spot.device) <= self._device(spot.device).free:
                break
            batch //= 2
        return batch

    @property
    def overlaps(self) -> bool:
        """Whether images can be scored while the next are drawn: on a device of its own.

        On one GPU both do it, where both fit at once; of judges it was not told of, who knows.
        """
        device = self._device(self.judging)
        if all(spot.device != self.judging for spot in self.spots):
            return True
        if device.unified or not self.judges:
            return False
        return self._peak(device.name) + _scoring(self.judges) <= device.free

    def tight(self, device: str) -> bool:
        """Say whether a device is so small that not all models stay there whole."""
        spots = [spot for spot in self.spots if spot.device == device]
        return any((spot.stay, spot.waits) != ("whole", "device") for spot in spots)

    def peak(self, device: str) -> int:
        """Return the most that is expected on a device at any time."""
        draws = any(spot.device == device for spot in self.spots)
        both = draws and device == self.judging and self.overlaps
        return self._peak(device) + (_scoring(self.judges) if both else 0)

    @property
    def host(self) -> int:
        """Return the most that is expected to wait in, or pass through, main memory."""
        unified = {device.name for device in self.room.devices if device.unified}
        return on_host([spot for spot in self.spots if spot.device not in unified])

    def _device(self, name: str) -> Device:
        return next(each for each in self.room.devices if each.name == name)

    def _peak(self, device: str) -> int:
        mine = self.judges if device == self.judging else ()
        spots = [spot for spot in self.spots if spot.device == device]
        return _weights(mine) + peak(spots, _scoring(mine))


def make(models: Sequence[Need], judges: Sequence[JudgeNeed], room: Room, images: int) -> Plan:
    """Return the plan of a run whose largest batch has `images`; raise `DoesNotFit` if none works.

    The judges have their place first: what is theirs is never given up.
    """
    judging = _judging(judges, room)
    spaces = [
        Space(replace(device, free=device.free - _weights(judges)), room.host, _scoring(judges))
        if device.name == judging
        else Space(device, room.host)
        for device in room.devices
    ]
    spots: list[Spot] = []
    for space, needs in _shared_out(models, judging, spaces):
        left = room.host - on_host([spot for spot in spots if not space.device.unified])
        found = spots_for(needs, replace(space, host=left), space.device.at_once(images))
        if isinstance(found, Need):
            beside = judges if space.device.name == judging else ()
            raise model_too_large(found, beside, replace(space, host=left))
        spots += found
    order = [need.name for need in models]
    spots.sort(key=lambda spot: order.index(spot.need.name))
    return Plan(room, tuple(judges), judging, tuple(spots))


def _judging(judges: Sequence[JudgeNeed], room: Room) -> str:
    """Return the device of the judges: the last that holds them."""
    needed = _weights(judges) + _scoring(judges)
    fitting: list[Device] = [device for device in room.devices if device.free >= needed]
    if not fitting:
        raise judges_too_large(judges, needed, room)
    return fitting[-1].name


def _shared_out(
    models: Sequence[Need], judging: str, spaces: Sequence[Space]
) -> list[tuple[Space, list[Need]]]:
    """Give each model a device, the large ones first: one without judges if it fits there."""
    left = {space: space.device.free for space in spaces}
    shared: dict[Space, list[Need]] = {space: [] for space in spaces}
    for need in sorted(models, key=lambda each: -each.whole):
        ways = {space: way for space in spaces if (way := alone(need, space))}
        fast = [space for space, (stay, _) in ways.items() if stay != "groups"]
        apart = [space for space in fast if space.device.name != judging]
        chosen = max(apart or fast or ways or spaces, key=left.__getitem__)
        shared[chosen].append(need)
        left[chosen] -= need.whole
    return [(space, needs) for space, needs in shared.items() if needs]


def _weights(judges: Sequence[JudgeNeed]) -> int:
    return sum(judge.weights for judge in judges)


def _scoring(judges: Sequence[JudgeNeed]) -> int:
    return max((judge.scoring for judge in judges), default=0)
