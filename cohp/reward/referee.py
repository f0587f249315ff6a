"""When a second reward, never optimised, says that the search is fooling the first: pure."""

from __future__ import annotations

from collections.abc import Sequence

# A fall within this share of a referee's usual spread is noise.
NOISE = 0.25


def suspicion(best: Sequence[tuple[float, float]], referee: str, spread: float = 1.0) -> str | None:
    """Return a plain warning where the reward rose and the referee fell, or None.

    `best` are the reward's and the referee's means of the best image after the opening and
    after each round, in order; `spread` is the referee's usual deviation among images of one
    prompt (`cohp.reward.loading.spread`).
    """
    if len(best) < 2:  # noqa: PLR2004 - a fall needs something to fall from
        return None
    (first, before), (last, after) = best[0], best[-1]
    if last <= first or before - after <= NOISE * spread:
        return None
    return (
        f"The reward rose from {first:.4g} to {last:.4g} while {referee} fell from {before:.4g} "
        f"to {after:.4g}: the search may be pleasing the reward instead of improving the "
        "picture. Look at the earlier rounds, or use fewer."
    )
