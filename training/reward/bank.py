"""Draws what the judge learns from: generators' real pictures, several of each prompt."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cohp.naming import resolve
from cohp.pipelines import load
from cohp.pipelines.base import Generator
from cohp.types import Drawn, Shot
from training.world.captions import Caption, caption
from training.world.scene import Scene, combinations
from training.world.stream import draw_scene

PROMPTS = 10  # of a shard, the piece that is written whole or not at all
USUAL = 0.6  # share of prompts whose pictures are drawn with settings a person would choose


@dataclass(frozen=True)
class Group:
    """Pictures of one prompt, as bytes, and how each was made."""

    scene: Scene
    text: str
    says: frozenset[str]
    pictures: NDArray[np.uint8]
    made: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """How many pictures of a prompt: with one setting, with another, and refined ones."""

    same: int
    other: int
    refined: int


def setting(rng: np.random.Generator, *, usual: bool) -> tuple[int, float]:
    """Return steps and guidance: near what a person would choose, or anything."""
    if usual:
        return int(rng.integers(8, 17)), round(float(rng.uniform(1.5, 3.5)), 2)
    return round(2 * 10 ** float(rng.uniform(0, 1))), round(float(rng.uniform(1.0, 5.0)), 2)


def draw(generator: Generator, start: Shot, plan: Plan, rng: np.random.Generator) -> list[Drawn]:
    """Draw all pictures of one prompt; the refined ones start from some of the others."""

    def some(count: int, how: tuple[int, float]) -> list[Drawn]:
        steps, guidance = how
        seeds = rng.integers(2**31, size=count).tolist()
        shots = [vary(start, seed=s, steps=steps, guidance=guidance) for s in seeds]
        return [each for each in generator.draw(shots, {}) if isinstance(each, Drawn)]

    usual = setting(rng, usual=rng.random() < USUAL)
    drawn = some(plan.same, usual) + some(plan.other, setting(rng, usual=False))
    parents = [drawn[int(i)] for i in rng.permutation(len(drawn))[: plan.refined]]
    for parent in parents:
        again = vary(
            parent.shot,
            seed=int(rng.integers(2**31)),
            round=1,
            parent=parent.shot.id,
            strength=round(float(rng.uniform(0.2, 0.9)), 2),
        )
        drawn += [
            each
            for each in generator.draw([again], {parent.shot.id: parent})
            if isinstance(each, Drawn)
        ]
    return drawn


def vary(shot: Shot, **told: Any) -> Shot:  # noqa: ANN401 - any field of a shot
    """Return a shot with other values in some fields."""
    return Shot(**(asdict(shot) | told))


def keep(path: Path, groups: list[tuple[Scene, Caption, list[Drawn]]]) -> None:
    """Write a shard beside its place and rename it."""
    facts = [
        {
            "scene": asdict(scene),
            "text": text.text,
            "says": sorted(text.says),
            "made": [
                {
                    "model": each.shot.model,
                    "steps": each.shot.steps,
                    "guidance": each.shot.guidance,
                    "strength": each.shot.strength,
                }
                for each in drawn
            ],
        }
        for scene, text, drawn in groups
    ]
    images = np.stack([np.asarray(each.image) for _, _, drawn in groups for each in drawn])
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        np.savez_compressed(file, pictures=images, facts=np.array(json.dumps(facts)))
    beside.replace(path)


def read(folder: Path) -> Iterator[Group]:
    """Give the groups of every shard in a folder, in order."""
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as held:
            pictures, facts = held["pictures"], json.loads(str(held["facts"]))
        first = 0
        for each in facts:
            last = first + len(each["made"])
            scene, says = Scene(**each["scene"]), frozenset(each["says"])
            yield Group(scene, each["text"], says, pictures[first:last], each["made"])
            first = last


def main() -> None:
    """Draw the shards that are not there yet, of each model in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="a folder; each model gets one in it")
    parser.add_argument("models", nargs="+", help="names or diffusers folders")
    parser.add_argument("--shards", type=int, default=90, help=f"of {PROMPTS} prompts each")
    parser.add_argument("--same", type=int, default=3, help="pictures of a prompt with one setting")
    parser.add_argument("--other", type=int, default=2, help="and with another")
    parser.add_argument("--refined", type=int, default=2, help="and refined from those")
    parser.add_argument("--held", action="store_true", help="held-out combinations, for measuring")
    parser.add_argument("--side", type=int, help="pixels; the model's own where left out")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--threads", type=int, default=1)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    plan, pool = Plan(told.same, told.other, told.refined), combinations(held=told.held)
    generators = {name: load(name) for name in told.models}
    for number in range(told.shards):
        for name, generator in generators.items():
            path = told.out / Path(name).name / f"{number:04}.npz"
            if path.exists():
                continue
            began, groups = time.monotonic(), []
            # The same prompts for every model, so that their pictures can be compared.
            words, noise = (np.random.default_rng([told.seed, number, i]) for i in (0, 1))
            side = told.side or resolve(name).width
            for _ in range(PROMPTS):
                scene = draw_scene(pool, words)
                text = caption(scene, words)
                start = Shot(Path(name).name, text.text, side, side, 0, 0, 0)
                groups.append((scene, text, draw(generator, start, plan, noise)))
            keep(path, groups)
            seconds = round(time.monotonic() - began, 1)
            print(json.dumps({"shard": number, "model": name, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
