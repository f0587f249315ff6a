"""Whether the chain makes better images than as many network evaluations spent otherwise.

python benchmarks/effect.py OUT --prompts 200
python benchmarks/effect.py OUT --prompts 4 --settings 'best of N' chain --most 6
python benchmarks/effect_report.py OUT docs/effect.md

Started again, it goes on where it was: a prompt and setting that OUT holds are not drawn again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from effect_draw import Ran, evaluations, run
from effect_oracle import Oracle
from effect_settings import groups, settings

from cohp.executors.local import LocalExecutor
from cohp.recipe import Recipe
from cohp.recipes import make
from cohp.reward.base import Reward
from cohp.reward.loading import load
from cohp.types import Scored
from training.referee.measure import prompts
from training.referee.net import Referee
from training.referee.verdict import look
from training.referee.wholeness import seen
from training.world.captions import plain
from training.world.scene import Scene

REFEREE = Path(__file__).parents[1] / "training" / "referee" / "weights.safetensors"
ORACLE = "oracle"


def recipes(told: argparse.Namespace, scene: Scene, place: int) -> dict[str, Recipe]:
    """Return the recipes of every setting for one prompt, each with the same seed."""
    wanted = {}
    for group, models in groups(told.models).items():
        for name, options in settings(told.most, alone=len(models) < len(told.models)).items():
            if told.settings and name not in told.settings:
                continue
            own = {"reward": told.reward, "models": models, "seed": told.seed + place, **options}
            wanted[f"{group}: {name}"] = make(
                own.pop("recipe", None), {**own, "prompt": plain(scene)}
            )
    return wanted


def judged(
    referee: Referee, scene: Scene, ran: Mapping[str, Ran], seconds: float
) -> dict[str, Any]:
    """Return a line of the results: every image once, and what each setting tried and chose."""
    tried = {each.shot.id: each for one in ran.values() for each in one.tried}
    images = [each.drawn.image for each in tried.values() if each.drawn]
    found = look(referee, seen(images), [scene] * len(images))
    return {
        "seconds": round(seconds, 1),
        "shots": {
            key: {**_facts(each), **asdict(finding)}
            for (key, each), finding in zip(tried.items(), found, strict=True)
        },
        "settings": {
            name: {
                "tried": [each.shot.id for each in one.tried],
                "best": one.verdict.best.shot.id,
                "model": one.verdict.model,
            }
            for name, one in ran.items()
        },
    }


def _facts(each: Scored) -> dict[str, Any]:
    if each.drawn is None:
        raise ValueError(f"shot {each.shot.id} has no image")
    return {
        "model": each.shot.model,
        "round": each.shot.round,
        "parent": each.shot.parent,
        "strength": each.shot.strength,
        "evaluations": evaluations(each.drawn),
        "score": each.score.mean,
    }


def held(file: Path) -> Iterator[tuple[int, str]]:
    """Yield each prompt and setting that the results hold."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    for line in map(json.loads, lines):
        yield from ((line["prompt"], name) for name in line["settings"])


def main() -> None:
    """Draw what is missing, a prompt at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--models", nargs="+", default=["mini-poster", "mini-mural"])
    parser.add_argument("--reward", default="mini-judge", help="a reward's name, or oracle")
    parser.add_argument("--settings", nargs="+", default=[], help="only these")
    parser.add_argument(
        "--most", type=int, default=10, help="images a model of the longest best of N"
    )
    parser.add_argument("--first", type=int, default=0, help="leave out so many prompts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    told.out.mkdir(parents=True, exist_ok=True)
    file = told.out / "results.jsonl"
    done = set(held(file))
    referee = Referee.load(REFEREE)
    scenes = prompts(told.prompts, seed=0)
    oracle = Oracle(referee, {plain(scene): scene for scene in scenes})

    def reward(name: str) -> Reward:
        return oracle if name == ORACLE else load(name)

    executor = LocalExecutor(load_reward=reward)
    for place, scene in list(enumerate(scenes))[told.first :]:
        wanted = recipes(told, scene, place)
        missing = {name: each for name, each in wanted.items() if (place, name) not in done}
        if not missing:
            continue
        began = perf_counter()
        ran = run(executor, missing)
        line = judged(referee, scene, ran, perf_counter() - began)
        with file.open("a", encoding="utf-8") as results:
            results.write(json.dumps({"prompt": place, "text": plain(scene), **line}) + "\n")
        print(
            f"{place + 1}/{len(scenes)} {plain(scene)}: {len(line['shots'])} images, "
            f"{line['seconds']} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
