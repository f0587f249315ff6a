"""The settings that the effect benchmark compares: the keys of a recipe, by a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BEST_OF = "best of N"
"""One run of this holds the best of every smaller N, because its images are numbered."""

REFINES = (0.4, 0.6, 0.8)
CHAIN: Mapping[str, Any] = {
    "per_model": 4,
    "rounds": 3,
    "batch": 4,
    "pick": "max",
    "carry": "best",
    "opening": "refine",
    "draft": 1.0,
    "strengths": {"start": 0.8, "decay": 0.85, "floor": 0.3},
}
"""What every other chain differs from in what its name says; named recipes stand for themselves."""

SKETCHED: Mapping[str, Any] = {"draft": 0.34, "per_model": 8}


def groups(models: Sequence[str]) -> dict[str, list[str]]:
    """Return the candidates that settings are tried on: each model alone, then all together."""
    alone = {model: [model] for model in models}
    return alone if len(models) == 1 else {**alone, "together": list(models)}


def settings(most: int, *, alone: bool) -> dict[str, Mapping[str, Any]]:
    """Return every setting; best of N goes up to `most` images a model.

    A model that is not the only candidate is tried alone for its single images and best of N.
    """
    best_of = {BEST_OF: {**CHAIN, "search": "best-of-n", "per_model": most}}
    if alone:
        return best_of
    chains: dict[str, Mapping[str, Any]] = {
        "chain": {},
        "chain, winner": {"carry": "winner"},
        "chain, fresh": {"opening": "fresh"},
        "chain, fresh, winner": {"opening": "fresh", "carry": "winner"},
        **{f"chain, strength {each}": {"strengths": [each]} for each in REFINES},
        **{f"chain, pick {rule}": {"pick": rule} for rule in ("mean", "probability")},
        "chain, sketched": {"draft": SKETCHED["draft"]},
        "chain, sketched 8": SKETCHED,
        "chain, sketched 8, from 0.6": SKETCHED
        | {"strengths": {**CHAIN["strengths"], "start": 0.6}},
    }
    named = {name: {"recipe": name} for name in ("default", "paper", "reference", "quick")}
    return best_of | {name: {**CHAIN, **own} for name, own in chains.items()} | named
