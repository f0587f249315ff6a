"""Where refining starts: how many steps, which of them is the first, and what was rounded."""

from __future__ import annotations

from dataclasses import dataclass

# With fewer there is no choice of a start: one step has none, two have one.
FEWEST_STEPS = 4
# Up to this a strength counts as kept: all do in ten steps or more, and 1 does in twenty.
ROUNDING = 0.05 + 1e-9


@dataclass(frozen=True)
class Start:
    """A schedule of `steps` steps of which those from `first` on are run."""

    steps: int
    first: int
    note: str | None = None


def start_of(steps: int, strength: float) -> Start:
    """Return where a picture of `steps` steps is taken up again at `strength`.

    At least one step is run and at least one is left out: without the first nothing would
    change, without the second nothing of the parent would stay.
    """
    total = max(steps, FEWEST_STEPS)
    run = min(max(int(total * strength + 0.5), 1), total - 1)
    notes = []
    if total > steps:
        few = "1 step leaves" if steps == 1 else f"{steps} steps leave"
        notes.append(f"{few} too little to refine: {total} steps instead")
    if abs(run / total - strength) > ROUNDING:
        notes.append(f"strength {strength:g} became {run / total:g}: {run} of {total} steps")
    return Start(total, total - run, "; ".join(notes) or None)
