"""What the results of the effect benchmark amount to: outcomes, costs and intervals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from effect_settings import BEST_OF
from numpy.typing import NDArray

from training.referee.net import CLASSES
from training.referee.verdict import Finding

DRAWS, SEED = 2000, 7
Numbers = NDArray[np.float64]
Shots = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What one way of spending evaluations led to, prompt by prompt."""

    name: str
    tried: tuple[Shots, ...]

    @cached_property
    def cost(self) -> float:
        """Evaluations a prompt."""
        return float(np.mean([sum(shot["evaluations"] for shot in shots) for shots in self.tried]))

    def values(self, what: str) -> Numbers:
        """Return what is said of each prompt's chosen image: score, right, whole, subject..."""
        chosen = [max(shots, key=lambda shot: shot["score"]) for shots in self.tried]
        if what == "score":
            return np.array([shot["score"] for shot in chosen])
        return np.array([float(getattr(_finding(shot), what)) for shot in chosen])

    def after(self, number: int) -> Outcome:
        """Return the outcome had it stopped after that round."""
        kept = tuple([s for s in shots if s["round"] <= number] for shots in self.tried)
        return Outcome(self.name, kept)

    @property
    def rounds(self) -> int:
        """How many rounds it took after its opening."""
        return max(shot["round"] for shots in self.tried for shot in shots)


@dataclass(frozen=True)
class Study:
    """All outcomes on one group of candidates, over the same prompts."""

    group: str
    chains: tuple[Outcome, ...]
    best_of: tuple[Outcome, ...]

    def one_image(self, what: str) -> Numbers:
        """Return what is said of each prompt's first image, a share where there are many models."""
        first = self.best_of[0].tried
        models = dict.fromkeys(shot["model"] for shot in first[0])
        own = [tuple([s for s in shots if s["model"] == m] for shots in first) for m in models]
        return np.mean([Outcome("one image", tried).values(what) for tried in own], axis=0)

    def rival(self, outcome: Outcome) -> Outcome | None:
        """Return the best of N that costs as much as an outcome, or a little more."""
        dearer = [each for each in self.best_of if each.cost >= outcome.cost - 1e-9]
        return min(dearer, key=lambda each: each.cost, default=None)


def interval(values: Numbers) -> tuple[float, float, float]:
    """Return a mean over prompts, and its 95 % bootstrap interval."""
    rng = np.random.default_rng(SEED)
    means = values[rng.integers(len(values), size=(DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def ratio(values: Numbers, base: Numbers) -> tuple[float, float, float]:
    """Return how many times another a mean is, paired over prompts, and its interval."""
    rng = np.random.default_rng(SEED)
    picks = rng.integers(len(values), size=(DRAWS, len(values)))
    ratios = values[picks].mean(axis=1) / np.maximum(base[picks].mean(axis=1), 1e-9)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(values.mean() / max(base.mean(), 1e-9)), float(low), float(high)


def studies(folder: Path) -> list[Study]:
    """Read a folder of results; only prompts that every setting was tried on count."""
    told: dict[str, dict[int, Shots]] = {}
    for line in map(json.loads, (folder / "results.jsonl").read_text("utf-8").splitlines()):
        for name, setting in line["settings"].items():
            shots = [line["shots"][key] for key in setting["tried"]]
            told.setdefault(name, {})[line["prompt"]] = shots
    common = sorted(set.intersection(*(set(by_prompt) for by_prompt in told.values())))
    grouped: dict[str, list[Outcome]] = {}
    for name, by_prompt in told.items():
        group, _, setting = name.partition(": ")
        tried = tuple(by_prompt[prompt] for prompt in common)
        grouped.setdefault(group, []).append(Outcome(setting, tried))
    return [_study(group, outcomes) for group, outcomes in grouped.items()]


@dataclass(frozen=True)
class Refining:
    """What refining made of images at one strength whose parents were right, or were not."""

    strength: float
    right: bool
    images: int
    afterwards: float


def refining(folder: Path) -> list[Refining]:
    """Return how often a refined image is right, by its strength and by whether its parent was."""
    found: dict[tuple[bool, float], list[bool]] = {}
    for line in map(json.loads, (folder / "results.jsonl").read_text("utf-8").splitlines()):
        for shot in line["shots"].values():
            if shot["parent"] is not None:
                key = _right(line["shots"][shot["parent"]]), shot["strength"]
                found.setdefault(key, []).append(_right(shot))
    return [
        Refining(strength, right, len(after), float(np.mean(after)))
        for (right, strength), after in sorted(found.items())
    ]


def _finding(shot: Mapping[str, Any]) -> Finding:
    return Finding(**{name: shot[name] for name in (*CLASSES, "fault")})


def _right(shot: Mapping[str, Any]) -> bool:
    return _finding(shot).right


def _study(group: str, outcomes: Sequence[Outcome]) -> Study:
    longest = next(each for each in outcomes if each.name == BEST_OF)
    models = list(dict.fromkeys(shot["model"] for shot in longest.tried[0]))
    most = len(longest.tried[0]) // len(models)
    best_of = tuple(
        Outcome(f"best of {n * len(models)}", tuple(_first(shots, n) for shots in longest.tried))
        for n in range(1, most + 1)
    )
    return Study(group, tuple(each for each in outcomes if each is not longest), best_of)


def _first(shots: Shots, count: int) -> Shots:
    """Return the first images of each model."""
    models = dict.fromkeys(shot["model"] for shot in shots)
    return [s for model in models for s in [s for s in shots if s["model"] == model][:count]]
