"""From what a person writes after --reward to a reward that is loaded: one, or several at once."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from cohp import registry
from cohp.errors import BadInput, UnknownName
from cohp.reward import catalogue, weights
from cohp.reward.base import Reward
from cohp.reward.borrowing import completed
from cohp.reward.ensemble import Ensemble
from cohp.reward.sharing import hold
from cohp.reward.wanted import Wanted, read


def load(text: str, *, device: str | None = None) -> Reward:
    """Load what was written, or hold what is loaded already; nothing is fetched.

    Without a `device` it is the first GPU, or the CPU where there is none.
    """
    # Every file is found before any of it is read: loading takes long, and lacking is said first.
    found = require(text)
    loaded = {each.member: _held(each, place, device) for each, place in found.items()}
    if len(loaded) == 1:
        return next(iter(loaded.values()))
    return Ensemble(loaded, {each.name: spread(each.name) for each in loaded})


def settled(text: str) -> str:
    """Return what was written as it means the same anywhere, or say what is wrong with it."""
    wanted = read(text)
    for each in wanted:
        if each.name not in names():
            raise UnknownName("reward", each.name, names())
    return "+".join(str(each) for each in wanted)


def require(text: str) -> dict[Wanted, Path | None]:
    """Return where the files of each reward are, or raise `MissingWeights`."""
    return {each: _place(each) for each in read(settled(text))}


def names() -> list[str]:
    """Return every name that can be loaded: ours, and those of plug-ins."""
    return sorted({*catalogue.names(), *registry.names("reward")})


def spread(name: str) -> float:
    """Return a reward's usual deviation among images of one prompt; 1 where nobody knows."""
    return catalogue.find(name).spread if name in catalogue.names() else 1.0


def _place(wanted: Wanted) -> Path | None:
    if wanted.name not in catalogue.names():
        return wanted.place
    if wanted.place is None:
        return weights.locate(wanted.name)
    return completed(wanted.name, wanted.place)


def _held(wanted: Wanted, place: Path | None, device: str | None) -> Reward:
    # Where a plug-in computes is its own affair.
    ours = wanted.name in catalogue.names()
    where = device or _device() if ours else ""
    numbered = "cuda:0" if where == "cuda" else where
    key = (str(wanted.alone), str(place), numbered)
    return hold(key, lambda: _made(wanted, place, where))


def _made(wanted: Wanted, place: Path | None, device: str) -> Reward:
    implementation = catalogue.names().get(wanted.name)
    # A plug-in is asked to take a folder or options only where it is given some.
    given: dict[str, Any] = (
        {**wanted.options} if place is None else {"folder": place, **wanted.options}
    )
    kind: Any
    if implementation is None:
        kind = registry.find("reward", wanted.name)
    else:
        module, _, attribute = implementation.partition(":")
        kind = getattr(import_module(module), attribute)
        given["device"] = device
        if wanted.place is None and (pinned := weights.arrived(wanted.name)):
            given.setdefault("revision", pinned)
    try:
        reward: Reward = kind(**given)
    except TypeError as error:
        if not wanted.options:
            raise
        listed = ", ".join(f"{name}={value}" for name, value in wanted.options.items())
        raise BadInput(
            f"{wanted.name} does not take these options, or not with these values: {listed}."
        ) from error
    return reward


def _device() -> str:
    import torch  # noqa: PLC0415 - a list of names must not wait for it

    return "cuda" if torch.cuda.is_available() else "cpu"
