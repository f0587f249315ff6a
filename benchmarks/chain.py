"""How fast a whole chain is, on the embedded models; every figure is a ratio within one run.

python benchmarks/chain.py [own|script|reference|together|swapped] [--prompts N] [--images N]
    [--steps N] [--processor-time]

own: the engine's time outside drawing and scoring. script: against a straightforward script with
diffusers' own classes. reference: against models loaded for each prompt and candidate. together:
many prompts at once against one after the other; swapped: likewise where one model fits at a time.
A chain is the reference's, 2 images a model and 4 rounds of 4, drawn in 12 steps, unless told
otherwise.
With --processor-time the processor's time is counted, not the clock's: for a machine that is busy.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import chain_rivals
from engine import Clock
from scenes import prompts

from cohp import run as runs
from cohp.engine import Engine, compose
from cohp.executors.base import Stop
from cohp.executors.local import LocalExecutor
from cohp.pipelines import load as load_model
from cohp.pipelines.base import Generator
from cohp.recipe import Recipe
from cohp.record.recorder import Recorder
from cohp.result import Result
from cohp.reward.base import Reward
from cohp.reward.loading import load
from cohp.types import Answer, Drawn, Jury, Note, Shot

MODELS = ["mini-poster", "mini-mural"]
# The reference has three candidates; the third draws as the first, and is loaded for itself.
THREE = [*MODELS, "mini-poster:match_colours=true"]
Shape = dict[str, Any]
# The reference's own: 2 images a model, 4 rounds of 4.
SHAPE: Shape = {
    "per_model": 2,
    "rounds": 4,
    "batch": 4,
    "seed": 1,
    # As the rivals choose.
    "reward": "mini-judge",
    "pick": "mean",
    "carry": "best",
    "opening": "refine",
}

CLOCKS: list[Callable[[], float]] = [perf_counter]


class OneAtATime(LocalExecutor):
    """The local executor where memory holds one model beside the reward."""

    def __init__(
        self, reward: Reward, load_drawing: Callable[[str], Generator] = load_model
    ) -> None:
        super().__init__(load_drawing, lambda _: reward)
        self._at_work = ""

    def answer(
        self, shots: Sequence[Shot], *, jury: Jury, parents: Mapping[str, Drawn], stop: Stop
    ) -> Iterator[Answer | Note]:
        """Draw model by model, the one before leaving first."""
        for model, group in groupby(shots, key=lambda shot: shot.model):
            if model != self._at_work:
                self._shelf.close()
                self._at_work = model
            yield from super().answer(list(group), jury=jury, parents=parents, stop=stop)


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("figures", nargs="*", choices=[*FIGURES, []], help="all, unless named")
    parser.add_argument("--prompts", type=int, help="how many, where not the issue's number")
    parser.add_argument("--images", type=int, help="a model, and a round")
    parser.add_argument("--steps", type=int, help="of every image")
    parser.add_argument("--processor-time", action="store_true")
    given = parser.parse_args()
    if given.processor_time:
        CLOCKS[:] = [process_time]
    shape = {**shaped(given.images), "steps": given.steps}
    for name in given.figures or FIGURES:
        figure, usual = FIGURES[name]
        with tempfile.TemporaryDirectory() as folder:
            figure(Path(folder), prompts(given.prompts or usual), shape)


def shaped(images: int | None) -> Shape:
    """Return the options of a chain of so many images a model and a round, or of the usual one."""
    return SHAPE | ({"per_model": images, "batch": images} if images else {})


def own(folder: Path, asked: list[str], shape: Shape) -> None:
    """Time a chain outside drawing and scoring, its models loaded before; its reports apart."""
    clock = Clock()
    executor = LocalExecutor(clock.model, clock.reward)
    recipes = [compose(prompt, models=MODELS, **shape) for prompt in asked]
    with Engine(executor) as engine:
        engine.run(compose(asked[0], models=MODELS, **{**shape, "rounds": 1}), out=folder / "warm")
        clock.inside = 0.0
        began = perf_counter()
        for number, recipe in enumerate(recipes):
            with Recorder.begin(folder / str(number), recipe) as recorder:
                runs.Run(recorder, executor, lambda _: None).finish()
        whole = perf_counter() - began
    share = (whole - clock.inside) / whole
    print(f"own: {len(asked)} chains, {share:.1%} of their time outside drawing and scoring")


def script(folder: Path, asked: list[str], shape: Shape) -> None:
    """Compare with a script that keeps its models loaded."""
    recipes = [compose(prompt, models=MODELS, **shape) for prompt in asked]
    reward = load("mini-judge")
    against("script", reward, chain_rivals.script(reward), folder, recipes)


def reference(folder: Path, asked: list[str], shape: Shape) -> None:
    """Compare with the reference's way, over three candidates."""
    recipes = [compose(prompt, models=THREE, **shape) for prompt in asked]
    against("reference", load("mini-judge"), chain_rivals.reference(), folder, recipes)


def against(
    name: str, reward: Reward, way: chain_rivals.Way, folder: Path, recipes: list[Recipe]
) -> None:
    """Time chains here and by a rival's way, by turns; print how they compare."""
    warm = recipes[0].model_copy(update={"rounds": 1, "per_model": 1, "batch": 1})
    with Engine(LocalExecutor(load_model, lambda _: reward)) as engine:
        engine.run(warm, out=folder / "warm")
        chain_rivals.chain(warm, way)
        ours, theirs, same = 0.0, 0.0, 0
        for number, recipe in enumerate(recipes):
            spent, result = _timed(lambda: engine.run(recipe, out=folder / str(number)))  # noqa: B023
            ours += spent
            spent, chosen = _timed(lambda: chain_rivals.chain(recipe, way))  # noqa: B023
            theirs += spent
            same += chosen == (result.verdict.model, _first_parent(result))
    print(
        f"{name}: {len(recipes)} prompts, ours {theirs / ours:.2f} times as fast "
        f"({ours:.1f} s and {theirs:.1f} s), the same model and first image chosen for {same}"
    )


def _first_parent(result: Result) -> int:
    """Return the seed of the image that the first round refines."""
    entries = result.folder.entries
    refined = next(each.shot.parent for each in entries.values() if each.shot.round == 1)
    return entries[refined or ""].shot.seed


def together(folder: Path, asked: list[str], shape: Shape) -> None:
    """Compare many prompts at once with one after the other."""
    reward = load("mini-judge")
    compare("together", LocalExecutor(load_model, lambda _: reward), folder, asked, shape)


def swapped(folder: Path, asked: list[str], shape: Shape) -> None:
    """Likewise where one model fits at a time."""
    compare("swapped", OneAtATime(load("mini-judge")), folder, asked, shape)


def compare(
    name: str, executor: LocalExecutor, folder: Path, asked: list[str], shape: Shape
) -> None:
    """Time chains one after the other and all together, by an executor; print how they compare."""
    options = {"models": MODELS, **shape}
    recipes: list[Recipe] = [compose(prompt, **options) for prompt in asked]
    with Engine(executor) as engine:
        engine.run(compose(asked[0], **{**options, "rounds": 1}), out=folder / "warm")
        alone, results = _timed(
            lambda: [
                engine.run(recipe, out=folder / "alone" / str(number))
                for number, recipe in enumerate(recipes, start=1)
            ]
        )
        at_once, outcomes = _timed(
            lambda: list(engine.batch(asked, out=folder / "all", together=len(asked), **options))
        )
    same = sum(
        each.result is not None
        and each.result.verdict.best.shot == results[each.number - 1].verdict.best.shot
        for each in outcomes
    )
    apart = max(
        abs(entry.mean - before.mean)
        for each in outcomes
        if each.result
        for shot, entry in each.result.folder.entries.items()
        if (before := results[each.number - 1].folder.entries.get(shot))
    )
    print(
        f"{name}: {len(asked)} prompts, together {alone / at_once:.2f} times as fast "
        f"({at_once:.1f} s and {alone:.1f} s), the same best image for {same}, "
        f"scores of the same shot at most {apart:.3f} apart"
    )


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = CLOCKS[0]()
    done = work()
    return CLOCKS[0]() - began, done


FIGURES: dict[str, tuple[Callable[[Path, list[str], Shape], None], int]] = {
    "own": (own, 5),
    "script": (script, 5),
    "reference": (reference, 10),
    "together": (together, 20),
    "swapped": (swapped, 20),
}


if __name__ == "__main__":
    main()
