"""How often a shot has its denoiser computed, by what is known before a model is loaded."""

from __future__ import annotations

from cohp.catalogue import Model
from cohp.naming import resolve
from cohp.pipelines.start import start_of
from cohp.types import Shot

# Guidance above which a step is computed twice, where that is not 1: with and without the prompt.
TWICE_ABOVE = {"z-image": 0.0}
# Families with weights that guidance was distilled into: it costs them nothing.
DISTILLED = {"flux", "flux2"}


def evaluations(shot: Shot) -> int | None:
    """Return it, or None where a model's own number of steps is not known yet."""
    if shot.steps is None:
        return None
    steps = shot.steps
    if shot.strength is not None:
        start = start_of(shot.steps, shot.strength)
        steps = start.steps - start.first
    return steps * (2 if _twice(resolve(shot.model), shot.guidance or 0.0) else 1)


def _twice(model: Model, guidance: float) -> bool:
    asked = model.options.get("call", {}).get("true_cfg_scale", 0.0)
    if model.family in DISTILLED and not model.negative:
        return bool(asked > 1)
    return bool(max(guidance, asked) > TWICE_ABOVE.get(model.family or "", 1.0))
