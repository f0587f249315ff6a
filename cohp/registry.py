"""Names to implementations, imported only when asked for; plug-ins register the same way."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from cohp.errors import UnknownName

GENERATORS = {
    "diffusers": "cohp.pipelines.diffusers:DiffusersGenerator",
    "fake": "cohp.pipelines.fake:FakeGenerator",
    "hosted": "cohp.pipelines.hosted:HostedGenerator",
}
REWARDS = {
    "fake": "cohp.reward.fake:FakeReward",
}
SEARCHES = {
    "best-of-n": "cohp.search.best_of_n:best_of_n",
    "cohp": "cohp.search.cohp:cohp",
    "halving": "cohp.search.halving:halving",
}
BUILT_IN = {
    "generator": ("cohp.pipelines", GENERATORS),
    "reward": ("cohp.rewards", REWARDS),
    "search": ("cohp.searches", SEARCHES),
}


@cache
def names(kind: str) -> Mapping[str, str]:
    """Return what goes by a name among the `kind`s, without importing any of it."""
    group, ours = BUILT_IN[kind]
    plugins = {point.name: point.value for point in entry_points(group=group)}
    # Ours last: an installed package cannot quietly replace a built-in reward.
    return plugins | ours


def find(kind: str, name: str) -> Any:  # noqa: ANN401 - each kind has a protocol of its own
    """Import the `kind` called `name`, or say which names are close."""
    check(kind, name)
    module, _, attribute = names(kind)[name].partition(":")
    return getattr(import_module(module), attribute)


def check(kind: str, name: str) -> None:
    """Raise `UnknownName` unless something goes by that name; nothing is imported."""
    known = names(kind)
    if name not in known:
        raise UnknownName(kind, name, known)
