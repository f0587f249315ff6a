"""CoHP makes any text-to-image model show its best.

>>> import cohp
>>> result = cohp.generate("a red fox at dawn", rounds=4)  # doctest: +SKIP
>>> result.save("fox.png")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cohp.engine import Engine as Engine
    from cohp.engine import compose as compose
    from cohp.engine import generate as generate
    from cohp.engine import resume as resume
    from cohp.errors import CohpError as CohpError
    from cohp.measure.async_scorer import AsyncScorer as AsyncScorer
    from cohp.measure.comparing import Comparison as Comparison
    from cohp.measure.items import Judged as Judged
    from cohp.measure.ranking import Ranked as Ranked
    from cohp.measure.scorer import Scorer as Scorer
    from cohp.measure.scorer import compare as compare
    from cohp.measure.scorer import rerank as rerank
    from cohp.measure.scorer import score as score
    from cohp.recipe import Recipe as Recipe
    from cohp.result import Outcome as Outcome
    from cohp.result import Result as Result
    from cohp.types import Drawn as Drawn
    from cohp.types import Score as Score
    from cohp.types import Shot as Shot

# Where each public name lives; it is imported when it is first used, so that
# `import cohp` costs nothing.
_HOMES = {
    "AsyncScorer": "cohp.measure.async_scorer",
    "CohpError": "cohp.errors",
    "Comparison": "cohp.measure.comparing",
    "Drawn": "cohp.types",
    "Engine": "cohp.engine",
    "Judged": "cohp.measure.items",
    "Outcome": "cohp.result",
    "Ranked": "cohp.measure.ranking",
    "Recipe": "cohp.recipe",
    "Result": "cohp.result",
    "Score": "cohp.types",
    "Scorer": "cohp.measure.scorer",
    "Shot": "cohp.types",
    "compare": "cohp.measure.scorer",
    "compose": "cohp.engine",
    "generate": "cohp.engine",
    "rerank": "cohp.measure.scorer",
    "resume": "cohp.engine",
    "score": "cohp.measure.scorer",
}

__all__ = [
    "AsyncScorer",
    "CohpError",
    "Comparison",
    "Drawn",
    "Engine",
    "Judged",
    "Outcome",
    "Ranked",
    "Recipe",
    "Result",
    "Score",
    "Scorer",
    "Shot",
    "compare",
    "compose",
    "generate",
    "rerank",
    "resume",
    "score",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'cohp' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
