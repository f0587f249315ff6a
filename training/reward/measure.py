"""What a judge is worth, on held-out scenes: `python -m training.reward.measure FOLDER`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations as pairings
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cohp.reward.hpsv3 import HPSv3
from cohp.select import beats
from training.reward.flaws import FLAWS, possible, spoil
from training.reward.judged import Judged, chance, judged, scored, synthetic
from training.reward.lessons import drawn, merged, several
from training.reward.reliability import draw_plot, error, table
from training.reward.truth import NOBODY, VALUES, moved
from training.world.captions import caption
from training.world.render import Pixels
from training.world.scene import Scene, combinations
from training.world.stream import draw_scene

GAPS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 100.0)
Line = dict[str, object]


def attributes(reward: HPSv3, count: int, rng: np.random.Generator) -> Iterator[Line]:
    """Right against one wrong attribute, all else equal; wrong scenes are held out or not."""
    pool = combinations(held=True)
    for name, values in VALUES.items():
        prompts, right, wrong = [], [], []
        for _ in range(count):
            scene = draw_scene(pool, rng)
            if name == "count":
                scene = several(scene, rng)
            others = [each for each in values if each not in {getattr(scene, name), NOBODY}]
            changed = replace(scene, **{name: others[int(rng.integers(len(others)))]})
            prompts.append(_naming(name, scene, rng))
            right.append(drawn(moved(scene, rng), rng))
            wrong.append(drawn(moved(changed, rng), rng))
        yield {"attribute": name} | _won(reward, prompts, right, wrong)


def _naming(name: str, scene: Scene, rng: np.random.Generator) -> str:
    while True:
        text = caption(scene, rng)
        if name in text.says:
            return text.text


def damages(reward: HPSv3, count: int, rng: np.random.Generator) -> Iterator[Line]:
    """Clean against spoilt, the same scene."""
    pool = combinations(held=True)
    for name in FLAWS:
        prompts, clean, spoilt = [], [], []
        while len(prompts) < count:
            scene = draw_scene(pool, rng)
            if name not in possible(scene):
                continue
            pixels = drawn(scene, rng)
            prompts.append(caption(scene, rng).text)
            clean.append(pixels)
            spoilt.append(spoil(name, pixels, scene, float(rng.random()), rng))
        yield {"damage": name} | _won(reward, prompts, clean, spoilt)


def _won(
    reward: HPSv3, prompts: list[str], better: list[Pixels], worse: list[Pixels]
) -> dict[str, object]:
    first, second = scored(reward, prompts, better), scored(reward, prompts, worse)
    right = [a.mean > b.mean for a, b in zip(first, second, strict=True)]
    return {"pairs": len(right), "right": round(float(np.mean(right)), 4)}


def by_gap(groups: list[list[Judged]], rng: np.random.Generator) -> Iterator[Line]:
    """Pairs of generators' pictures: how often the truly better one, and a person, is agreed with.

    `ceiling` is how often one annotator agrees with all annotators together: nobody can do better.
    """
    pairs = [pair for group in groups for pair in pairings(group, 2)]
    gaps = np.array([abs(a.taste.mean - b.taste.mean) for a, b in pairs])
    right = np.array(
        [(a.score.mean > b.score.mean) == (a.taste.mean > b.taste.mean) for a, b in pairs]
    )
    chances = [chance(a.taste, b.taste, rng) for a, b in pairs]
    agreed = [
        p if a.score.mean > b.score.mean else 1 - p
        for p, (a, b) in zip(chances, pairs, strict=True)
    ]
    ceiling = [max(p, 1 - p) for p in chances]
    for low, high in (*pairwise(GAPS), (0.0, 100.0)):
        some = (gaps >= low) & (gaps < high)
        yield {
            "gap": f"{low:g} to {high:g}",
            "pairs": int(some.sum()),
            "right": _mean(right[some]),
            "agreed": _mean(np.array(agreed)[some]),
            "ceiling": _mean(np.array(ceiling)[some]),
        }


def best_of(groups: list[list[Judged]], rng: np.random.Generator) -> Line:
    """Return the true utility of the picture the judge chooses, beside chance and the best."""
    chosen = [max(group, key=lambda each: each.score.mean).taste.mean for group in groups]
    best = [max(each.taste.mean for each in group) for group in groups]
    random = [float(np.mean([each.taste.mean for each in group])) for group in groups]
    gain, most = np.subtract(chosen, random), np.subtract(best, random)
    again = rng.integers(len(groups), size=(2000, len(groups)))
    shares = gain[again].sum(axis=1) / most[again].sum(axis=1)
    return {
        "best of": len(groups[0]),
        "prompts": len(groups),
        "random": _mean(np.array(random)),
        "chosen": _mean(np.array(chosen)),
        "best": _mean(np.array(best)),
        "share of the gain": round(float(gain.sum() / most.sum()), 3),
        "95 %": np.percentile(shares, [2.5, 97.5]).round(3).tolist(),
    }


def deviations(groups: list[list[Judged]]) -> Line:
    """Tell whether the judge's deviation is large where annotators differ."""
    true = np.array([each.taste.deviation for group in groups for each in group])
    said = np.array([each.score.std for group in groups for each in group])
    ranks = [values.argsort().argsort() for values in (true, said)]
    fifths = np.array_split(true.argsort(), 5)
    return {
        "rank correlation": round(float(np.corrcoef(*ranks)[0, 1]), 3),
        "annotators differ by": [_mean(true[some]) for some in fifths],
        "the judge says": [_mean(said[some]) for some in fifths],
    }


def calibration(
    groups: list[list[Judged]], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for every pair the judge's P(a > b), and one simulated vote."""
    pairs = [pair for group in groups for pair in pairings(group, 2)]
    said = np.array([beats(a.score, b.score) for a, b in pairs])
    voted = [float(rng.random() < chance(a.taste, b.taste, rng)) for a, b in pairs]
    return said, np.array(voted)


def _mean(values: NDArray[np.generic]) -> float | None:
    return round(float(values.mean()), 3) if len(values) else None


def main() -> None:
    """Measure, print JSON lines, draw the reliability."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bank", type=Path, nargs="*", default=[], help="of held-out prompts")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--same", type=int, default=8, help="first pictures, of one setting")
    parser.add_argument("--plot", type=Path, help="an SVG of the reliability")
    parser.add_argument("--seed", type=int, default=51)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rng, reward = np.random.default_rng(options.seed), HPSv3(options.folder)

    def say(line: Line) -> None:
        print(json.dumps(line), flush=True)

    for line in attributes(reward, options.count, rng):
        say(line)
    for line in damages(reward, options.count // 2, rng):
        say(line)
    groups = synthetic(reward, options.count // 2, rng)
    for folder in options.bank:
        own = [judged(reward, kept) for kept in merged([folder])]
        for line in by_gap(own, rng):
            say({"model": folder.name} | line)
        say({"model": folder.name} | best_of([g[: options.same] for g in own], rng))
        groups += own
    say(deviations(groups))
    said, voted = calibration(groups, rng)
    say({"pairs": len(said), "expected calibration error": round(error(said, voted), 4)})
    for line in table(said, voted):
        say(line)
    if options.plot:
        options.plot.write_text(draw_plot(said, voted), encoding="utf-8")


if __name__ == "__main__":
    main()
