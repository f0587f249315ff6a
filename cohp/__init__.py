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
    from cohp.recipe import Recipe as Recipe
    from cohp.result import Result as Result
    from cohp.types import Drawn as Drawn
    from cohp.types import Score as Score
    from cohp.types import Shot as Shot

# Where each public name lives; it is imported when it is first used, so that
# `import cohp` costs nothing.
_HOMES = {
    "CohpError": "cohp.errors",
    "Drawn": "cohp.types",
    "Engine": "cohp.engine",
    "Recipe": "cohp.recipe",
    "Result": "cohp.result",
    "Score": "cohp.types",
    "Shot": "cohp.types",
    "compose": "cohp.engine",
    "generate": "cohp.engine",
    "resume": "cohp.engine",
}

__all__ = [
    "CohpError",
    "Drawn",
    "Engine",
    "Recipe",
    "Result",
    "Score",
    "Shot",
    "compose",
    "generate",
    "resume",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'cohp' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
