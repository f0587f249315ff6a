"""Halving beside the chain: how often it chooses the same model, and for how many evaluations.

python benchmarks/halving.py [PROMPTS] [PER_MODEL]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from scenes import prompts as scenes

from cohp.engine import Engine
from cohp.pipelines.evaluations import evaluations
from cohp.record.entry import Entry
from cohp.result import Result

MODELS = ["mini-poster", "mini-mural"]


def main(prompts: int = 20, per_model: int = 4) -> None:
    """Print one line a figure."""
    shared = {"models": MODELS, "per_model": per_model, "rounds": 1, "batch": 1, "seed": 1}
    asked = scenes(prompts)
    with tempfile.TemporaryDirectory() as folder, Engine() as engine:
        runs = {
            search: {
                each.number: each.result
                for each in engine.batch(asked, out=Path(folder) / search, search=search, **shared)
                if each.result
            }
            for search in ("cohp", "halving")
        }
        chain, halved = runs["cohp"], runs["halving"]
        same = [chain[number].verdict.model == halved[number].verdict.model for number in chain]
        costs = {search: _stage_one(each.values()) for search, each in runs.items()}
    print(f"{len(same)} prompts, {' and '.join(MODELS)}, {per_model} images each")
    print(f"the same model chosen: {sum(same)} of {len(same)}")
    print(f"evaluations of stage one: {costs['halving']:.0f} for {costs['cohp']:.0f}")
    print(f"share: {costs['halving'] / costs['cohp']:.2f}")


def _stage_one(results: Iterable[Result]) -> float:
    return fmean(sum(map(_cost, result.folder.entries.values())) for result in results)


def _cost(entry: Entry) -> int:
    return (evaluations(entry.shot) or 0) if entry.shot.round == 0 else 0


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
