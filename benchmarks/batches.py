"""What a larger batch gains, on the embedded models or others, and what loading them takes.

python benchmarks/batches.py [MODEL ...] [BATCH ...]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import perf_counter

from chain import MODELS
from scenes import prompts

from cohp.engine import compose
from cohp.pipelines import load
from cohp.pipelines.base import Generator
from cohp.search.base import opening
from cohp.types import Shot

TIMES = 3


def main(*asked: str) -> None:
    """Print a row a model."""
    sizes = [int(each) for each in asked if each.isdigit()] or [1, 2, 4, 8, 32]
    models = [each for each in asked if not each.isdigit()] or MODELS
    print(f"| model | loading, s | {' | '.join(f'ms an image of {size}' for size in sizes)} |")
    print(f"|---|{'---:|' * (len(sizes) + 1)}")
    for name in models:
        load(name).close()
        began = perf_counter()
        model = load(name)
        loading = perf_counter() - began
        recipe = compose(prompts(1)[0], models=[name], seed=1, per_model=max(sizes))
        shots = opening(recipe).shots
        # Encodes the prompt, and has the libraries ready.
        list(model.draw(shots[:1], {}))
        told = " | ".join(f"{_each(model, shots[:size]):.0f}" for size in sizes)
        print(f"| {name} | {loading:.2f} | {told} |", flush=True)


def _each(model: Generator, shots: Sequence[Shot]) -> float:
    """Return the milliseconds an image takes at best, decoded."""
    took = []
    for _ in range(TIMES):
        began = perf_counter()
        list(model.draw(shots, {}))
        took.append(perf_counter() - began)
    return min(took) / len(shots) * 1000


if __name__ == "__main__":
    main(*sys.argv[1:])
