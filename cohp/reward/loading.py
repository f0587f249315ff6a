"""From what a person writes after --reward to a reward that is loaded: one, or several at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from cohp import registry
from cohp.errors import UnknownName
from cohp.reward import catalogue, weights
from cohp.reward.base import Reward
from cohp.reward.combine import parse
from cohp.reward.ensemble import Ensemble


def load(
    text: str,
    *,
    device: str | None = None,
    places: Mapping[str, Path] | None = None,
    **options: object,
) -> Reward:
    """Load NAME, NAME=FOLDER, or an ensemble such as NAME*2+NAME; nothing is fetched.

    `places` says where the files of a name are, for the members of an ensemble too. Without a
    `device` it is the first GPU, or the CPU where there is none.
    """
    name, place = weights.split(text)
    known = dict(places or {})
    if place is not None:
        known[name] = place
    members = parse(name)
    # Every file is found before any of it is read: loading takes long, and lacking is said first.
    found = {each.name: _place(each.name, known.get(each.name)) for each in members}
    loaded = {each: _made(each.name, found[each.name], device, options) for each in members}
    if len(members) == 1:
        return next(iter(loaded.values()))
    spreads = {each.name: spread(each.name) for each in members}
    return Ensemble(loaded, spreads)


def settled(text: str) -> str:
    """Return what was written as it means the same anywhere, or say what is wrong with it."""
    name, place = weights.split(text)
    for member in parse(name):
        if member.name not in names():
            raise UnknownName("reward", member.name, names())
    return name if place is None else f"{name}={place.absolute()}"


def require(text: str) -> None:
    """Raise `MissingWeights` where files of what was written are not on this machine."""
    name, place = weights.split(text)
    for member in parse(name):
        _place(member.name, place)


def names() -> list[str]:
    """Return every name that can be loaded: ours, and those of plug-ins."""
    return sorted({*catalogue.names(), *registry.names("reward")})


def spread(name: str) -> float:
    """Return a reward's usual deviation among images of one prompt; 1 where nobody knows."""
    return catalogue.find(name).spread if name in catalogue.names() else 1.0


def _place(name: str, place: Path | None) -> Path | None:
    if name in catalogue.names():
        return weights.locate(name, place)
    if name not in registry.names("reward"):
        raise UnknownName("reward", name, names())
    return place


def _made(
    name: str, place: Path | None, device: str | None, options: Mapping[str, object]
) -> Reward:
    implementation = catalogue.names().get(name)
    # A plug-in is asked to take a folder or options only where it is given some.
    given = {**options} if place is None else {"folder": place, **options}
    kind: Any
    if implementation is None:
        kind = registry.find("reward", name)
    else:
        module, _, attribute = implementation.partition(":")
        kind = getattr(import_module(module), attribute)
        given["device"] = device or _device()
    reward: Reward = kind(**given)
    return reward


def _device() -> str:
    import torch  # noqa: PLC0415 - a list of names must not wait for it

    return "cuda" if torch.cuda.is_available() else "cpu"
