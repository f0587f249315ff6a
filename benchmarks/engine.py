"""The engine's own overhead: 1,000 fake shots, and the time outside drawing and scoring.

    python benchmarks/engine.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from cohp import pipelines, reward
from cohp.engine import Engine, compose
from cohp.executors.local import LocalExecutor

STARTS = 5


class Clock:
    """Adds up the time spent inside what it wraps."""

    def __init__(self) -> None:
        self.inside = 0.0

    def model(self, name: str):  # noqa: ANN201
        loaded = pipelines.load(name)
        plain = loaded.draw

        def draw(shots, parents):  # noqa: ANN001, ANN202
            began = perf_counter()
            drawn = list(plain(shots, parents))
            self.inside += perf_counter() - began
            return drawn

        loaded.draw = draw
        return loaded

    def reward(self, name: str):  # noqa: ANN201
        loaded = reward.load(name)
        plain = loaded.score

        def score(**what):  # noqa: ANN003, ANN202
            began = perf_counter()
            scores = plain(**what)
            self.inside += perf_counter() - began
            return scores

        loaded.score = score
        return loaded


def main() -> None:
    """Print one line a figure."""
    recipe = compose(
        "a red fox at dawn", seed=1, width=64, height=64, per_model=20, rounds=96, batch=10,
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
    subprocess.run([sys.executable, "-m", "cohp", "--help"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return perf_counter() - began


if __name__ == "__main__":
    main()
