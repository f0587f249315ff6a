"""The engine's own overhead: 1,000 fake shots, and the time outside drawing and scoring.

python benchmarks/engine.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from cohp import pipelines
from cohp.engine import Engine, compose
from cohp.executors.local import LocalExecutor
from cohp.pipelines.base import Generator
from cohp.reward.base import Reward
from cohp.reward.loading import load
from cohp.types import Drawn, Score, Shot

STARTS = 5


class Clock:
    """Adds up the time spent inside what it wraps."""

    def __init__(self) -> None:
        self.inside = 0.0

    def model(self, name: str) -> Generator:
        """Load a model whose drawing is timed."""
        loaded = pipelines.load(name)
        plain = loaded.draw

        def draw(shots: Sequence[Shot], parents: Mapping[str, Drawn]) -> Iterator[Drawn]:
            began = perf_counter()
            drawn = list(plain(shots, parents))
            self.inside += perf_counter() - began
            return iter(drawn)

        loaded.draw = draw  # type: ignore[method-assign]
        return loaded

    def reward(self, name: str) -> Reward:
        """Load a reward whose scoring is timed."""
        loaded = load(name)
        plain = loaded.score

        def score(**what: Any) -> list[Score]:  # noqa: ANN401
            began = perf_counter()
            scores = plain(**what)
            self.inside += perf_counter() - began
            return scores

        loaded.score = score  # type: ignore[method-assign]
        return loaded


def main() -> None:
    """Print one line a figure."""
    recipe = compose(
        "a red fox at dawn",
        seed=1,
        width=64,
        height=64,
        per_model=20,
        rounds=96,
        batch=10,
        models=["fake-ink", "fake-wash"],
    )
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        with Engine(LocalExecutor(clock.model, clock.reward)) as engine:
            began = perf_counter()
            result = engine.run(recipe, out=Path(folder) / "run")
            whole = perf_counter() - began
        began = perf_counter()
        with Engine() as engine:
            engine.resume(result.run)
        again = perf_counter() - began
    shots = result.shots
    print(f"{shots} shots in {whole:.1f} s, {clock.inside:.1f} s of it drawing and scoring")
    print(f"outside drawing and scoring: {(whole - clock.inside) / shots * 1000:.1f} ms a shot")
    print(f"replaying all of it from the journal, with its reports: {again:.1f} s")
    starts = [_start() for _ in range(STARTS)]
    print(f"cohp --help: {min(starts):.2f} s at best, {max(starts):.2f} s at worst of {STARTS}")


def _start() -> float:
    began = perf_counter()
    subprocess.run([sys.executable, "-m", "cohp", "--help"], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


if __name__ == "__main__":
    main()
