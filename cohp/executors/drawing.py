"""Drawing a batch so that one shot that cannot be drawn costs no other its image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cohp.errors import CohpError
from cohp.pipelines.base import Generator
from cohp.types import Drawn, Shot, Unscored


def drawn_or_reason(
    generator: Generator, shots: Sequence[Shot], parents: Mapping[str, Drawn]
) -> list[Drawn | Unscored]:
    """Draw a batch; where it fails, draw each shot alone and say why some could not be."""
    try:
        return list(generator.draw(shots, parents))
    except CohpError:
        # Out of memory and missing weights are for others to answer.
        raise
    except Exception as error:  # noqa: BLE001 - whatever a model raises, the other shots go on
        if len(shots) == 1:
            return [Unscored(shots[0], f"it could not be drawn: {_said(error)}")]
    return [each for shot in shots for each in drawn_or_reason(generator, [shot], parents)]


def _said(error: Exception) -> str:
    first_line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
