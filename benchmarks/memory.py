"""Peak memory against the plan's figure, and whether it stays flat over many prompts.

Each figure is of a process of its own, on a processor: what it has resident at most, beyond what
Python and its libraries hold with no model there, which is gone from what is free when a plan is
made. That is looked at once each model and the judge have come and gone, because some of what they
are made of is imported only as they load; the plan is made before, as in every run. Where it has
the models by turns, each is let go before the next comes.

python benchmarks/memory.py [--prompts 200] [--batch 4] [--budgets 1GB 95MB]
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

from cohp.engine import Engine, compose
from cohp.executors.local import LocalExecutor
from cohp.mini.vocabulary import EXAMPLES
from cohp.pipelines import load as load_model
from cohp.pipelines.heap import trim
from cohp.recipe import Recipe
from cohp.reward.loading import load as load_reward

MODELS = ["mini-poster", "mini-mural"]
EVERY = 0.01
MB = 1e6


def main() -> None:
    """Print a line a budget, and one for each tenth of the prompts."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--prompts", type=int, default=200)
    options.add_argument("--batch", type=int, default=4)
    options.add_argument("--budgets", nargs="+", default=["1GB", "95MB"])
    asked = options.parse_args()
    processes = get_context("spawn")
    print("| budget | plan MB | peak MB | peak of plan | Python and libraries MB |")
    print("|---|---:|---:|---:|---:|")
    for budget in asked.budgets:
        with processes.Pool(1, maxtasksperchild=1) as fresh:
            print(fresh.apply(against_plan, (budget, asked.batch)), flush=True)
    with processes.Pool(1, maxtasksperchild=1) as fresh:
        print(f"\nresident MB over {asked.prompts} prompts: {fresh.apply(flat, (asked.prompts,))}")


def against_plan(budget: str, batch: int) -> str:
    """Run a chain and return its peak against the plan's figure, as a row."""
    recipe = recipe_of(EXAMPLES[0], budget, batch)
    expected = LocalExecutor().plan([recipe]).peak("cpu")
    come_and_go(recipe)
    before = resident()
    above = peak_of(lambda: run(recipe)) - before
    return (
        f"| {budget} | {expected / MB:.0f} | {above / MB:.0f} | {above / expected:.2f} "
        f"| {before / MB:.0f} |"
    )


def flat(prompts: int) -> str:
    """Run many prompts in one engine, and return what is resident after each tenth of them."""
    seen = []
    with Engine() as engine, tempfile.TemporaryDirectory() as folder:
        for number in range(prompts):
            recipe = recipe_of(EXAMPLES[number % len(EXAMPLES)], "1GB", 1, seed=number)
            engine.run(recipe, out=Path(folder) / str(number))
            if (number + 1) % max(1, prompts // 10) == 0:
                gc.collect()
                seen.append(f"{resident() / MB:.0f}")
    return ", ".join(seen)


def recipe_of(prompt: str, budget: str, batch: int, seed: int = 1) -> Recipe:
    """Return a short chain of both embedded models."""
    return compose(
        prompt,
        models=MODELS,
        seed=seed,
        per_model=batch,
        batch=batch,
        rounds=1,
        steps=2,
        reward="mini-judge",
        memory=budget,
    )


def run(recipe: Recipe) -> None:
    """Run a recipe in a folder that goes again."""
    with Engine() as engine, tempfile.TemporaryDirectory() as folder:
        engine.run(recipe, out=Path(folder) / "run")


def come_and_go(recipe: Recipe) -> None:
    """Load each model and the judge, and let them go with all that they took."""
    for candidate in recipe.models:
        load_model(candidate.name).close()
    load_reward(recipe.reward).close()
    gc.collect()
    # What was freed would else be taken again without being counted.
    trim()


def peak_of(work: Callable[[], None]) -> int:
    """Return the most that was resident while `work` was done, looked at often."""
    seen, done = [resident()], Event()

    def look() -> None:
        while not done.wait(EVERY):
            seen.append(resident())

    watching = Thread(target=look, daemon=True)
    watching.start()
    work()
    done.set()
    watching.join()
    return max(seen)


def resident() -> int:
    """Return the bytes this process has taken; pages of files are the system's to give up."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    return int(found[1]) * 1024 if found else os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
