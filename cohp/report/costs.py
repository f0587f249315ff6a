"""What a run would cost, told before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cohp.pipelines.evaluations import evaluations
from cohp.recipe import Recipe
from cohp.types import Ask


@dataclass(frozen=True)
class Cost:
    """One line of the plan: some images of one round that cost the same.

    `model` is None where it is chosen only once stage one is judged. `evaluations` counts
    what the denoising networks compute; it is None where a model's own number of steps is
    not known before it is loaded. `dollars` is what a hosted model charges.
    """

    round: int
    model: str | None
    images: int
    strength: float | None
    evaluations: int | None
    dollars: float = 0.0


def cost(recipe: Recipe, asks: Sequence[Ask]) -> list[Cost]:
    """Return a line for each candidate of stage one and each round after it."""
    prices = {each.name: each.price or 0.0 for each in recipe.models}
    several = len({shot.model for shot in asks[0].shots}) > 1
    lines: list[Cost] = []
    for ask in asks:
        for model in dict.fromkeys(shot.model for shot in ask.shots):
            shots = [shot for shot in ask.shots if shot.model == model]
            known = None if ask.round and several else model
            each = evaluations(shots[0])
            total = None if each is None else each * len(shots)
            dollars = prices[model] * len(shots)
            lines.append(Cost(ask.round, known, len(shots), shots[0].strength, total, dollars))
    return lines


def cost_json(recipe: Recipe, lines: Sequence[Cost]) -> dict[str, Any]:
    """Return the plan as plain values."""
    return {
        "recipe": recipe.to_json(),
        "images": sum(line.images for line in lines),
        "evaluations": _total(lines),
        "dollars": round(sum(line.dollars for line in lines), 6),
        "rounds": [vars(line) for line in lines],
    }


def cost_text(recipe: Recipe, lines: Sequence[Cost]) -> str:
    """Return the plan as a small table."""
    rows = [("round", "model", "images", "strength", "evaluations")]
    rows += [
        (
            str(line.round) if line.round else "stage one",
            line.model or "the chosen one",
            str(line.images),
            f"{line.strength:.2f}" if line.strength else "-",
            str(line.evaluations) if line.evaluations is not None else "?",
        )
        for line in lines
    ]
    images, evaluations = sum(line.images for line in lines), _total(lines)
    rows.append(("in all", "", str(images), "", "?" if evaluations is None else str(evaluations)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    head = f"{recipe.prompt}\nsearch {recipe.search}, judged by {recipe.reward}, seed {recipe.seed}"
    dollars = sum(line.dollars for line in lines)
    price = [f"\nhosted models: ${dollars:.2f}"] if dollars else []
    return "\n".join([head, "", *table, *price])


def _total(lines: Sequence[Cost]) -> int | None:
    if any(line.evaluations is None for line in lines):
        return None
    return sum(line.evaluations or 0 for line in lines)
