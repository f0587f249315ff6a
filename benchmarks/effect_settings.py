"""The settings that the effect benchmark compares: the keys of a recipe, by a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BEST_OF = "best of N"
"""One run of this holds the best of every smaller N, because its images are numbered."""

REFINES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def groups(models: Sequence[str]) -> dict[str, list[str]]:
    """Return the candidates that settings are tried on: each model alone, then all together."""
    alone = {model: [model] for model in models}
    return alone if len(models) == 1 else {**alone, "together": list(models)}


def settings(most: int, *, alone: bool) -> dict[str, Mapping[str, Any]]:
    """Return every setting; best of N goes up to `most` images a model."""
    rules = {} if alone else {f"pick {rule}": {"pick": rule} for rule in ("max", "probability")}
    return {
        BEST_OF: {"search": "best-of-n", "per_model": most},
        "default": {},
        **{name: {"recipe": name} for name in ("paper", "reference", "quick")},
        "quick, stronger": {"recipe": "quick", "strengths": [0.8, 0.5]},
        "winner": {"carry": "winner"},
        "fresh": {"opening": "fresh"},
        "fresh, winner": {"opening": "fresh", "carry": "winner"},
        **{f"strength {each}": {"strengths": [each]} for each in REFINES},
        **{
            f"strength {each}, winner": {"strengths": [each], "carry": "winner"} for each in REFINES
        },
        **rules,
    }
