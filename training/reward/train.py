"""Trains the judge: `python -m training.reward.train --out FOLDER --bank BANK --minutes 60`."""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.utils.data import DataLoader, Dataset

from cohp.reward.hpsv3 import HPSv3
from cohp.reward.qwen_text import TextEncoder
from training.course import Course, add_options
from training.generator import checkpoint
from training.generator.muon import Muon
from training.reward.batch import Batch, batch
from training.reward.grow import grow
from training.reward.lessons import Teacher
from training.reward.loss import away, belief, spread, surprise
from training.reward.net import IMAGE_TOKENS, MATRIX, Judge, Shape
from training.reward.taste import FAULTS
from training.reward.truth import VALUES
from training.reward.whiten import whiten
from training.reward.wording import layout

LOG_EVERY = 25
SAMPLE = 40  # lessons whose pictures say what patches are like
ACROSS = 0.3  # what a pair across prompts counts for, beside a pair of one prompt
HELPS = {"naming": 0.3, "counting": 1.5, "faults": 1.0, "spots": 4.0, "words": 1.0, "spread": 0.2}
"""What else is learnt beside the ranking, and what it counts for."""


@dataclass(frozen=True)
class Answer:
    """Every row's mean and log deviation; what is seen, faults, where they are, how words fit."""

    judged: Tensor
    named: list[Tensor]
    faults: Tensor
    where: Tensor
    fits: Tensor


class Pupil(nn.Module):
    """A judge, and beside it what only learning needs: layers that say what is seen.

    One names a picture's attributes and its faults; one marks the places that are broken or
    grainy, one the words of the prompt that do not fit, as annotators of rich feedback do. One
    counts from the mean of all places: so every place must know it, and any word can read it there.
    """

    def __init__(self, shape: Shape, tokens: int) -> None:
        super().__init__()
        self.judge = Judge(shape, tokens)
        *parts, count = (len(values) for values in VALUES.values())
        self._sizes = [*parts, len(FAULTS)]
        self.names = nn.Linear(IMAGE_TOKENS * shape.width, sum(self._sizes))
        self.count = nn.Linear(shape.width, count)
        self.spots = nn.Linear(shape.width, 2)
        self.marks = nn.Linear(shape.width, 1)
        for part in (self.names, self.count, self.spots, self.marks):
            nn.init.zeros_(part.weight)  # they must not shake what they hear

    def forward(self, lesson: Batch, start: int) -> Answer:
        """Judge the rows of a batch."""
        seen = self.judge.look(lesson.pictures)
        judged, read = self.judge.judge(seen[lesson.which], lesson.ids, start)
        *named, faults = self.names(seen.flatten(1)).split(self._sizes, dim=1)
        named.append(self.count(seen.mean(dim=1)))
        marks = self.marks(read[lesson.words[:, 0], lesson.words[:, 1]])[:, 0]
        return Answer(judged, named, faults, self.spots(seen), marks)


def encoder() -> TextEncoder:
    """Return the encoder that the reward will read prompts with."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tokenizer.json").write_text(json.dumps(layout()), encoding="utf-8")
        return TextEncoder(Path(folder), HPSv3.WORDING)


def optimizers(pupil: Pupil, lr: float, muon_lr: float) -> list[Optimizer]:
    """Muon for the matrices of the two towers, AdamW for the rest."""
    turned, rest = [], []
    for name, p in pupil.named_parameters():
        inner = ".blocks." in name or ".layers." in name
        (turned if inner and p.ndim == MATRIX else rest).append(p)
    return [Muon(turned, lr=muon_lr), AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.0)]


@dataclass(frozen=True)
class Steps(Dataset[Batch]):
    """The batch of each step, which depends on the seed and the step's number alone."""

    teacher: Teacher
    encoder: TextEncoder
    seed: int
    lessons: int

    def __getitem__(self, step: int) -> Batch:
        """Return what is learnt in a step."""
        rng = np.random.default_rng([self.seed, step])
        lessons = [self.teacher.lesson(rng) for _ in range(self.lessons)]
        return batch(lessons, self.encoder, ACROSS, rng)


class Run:
    """One training process: its state and its lessons."""

    def __init__(self, options: argparse.Namespace, course: Course) -> None:
        self.options, self.course, self.step = options, course, 0
        torch.manual_seed(options.seed)
        self.encoder = encoder()
        loaded = course.loaded()
        known = loaded["shape"] | {"judge": tuple(loaded["shape"]["judge"])} if loaded else {}
        self.pupil = Pupil(Shape(**known), self.encoder.size)
        if loaded:
            self.pupil.load_state_dict(loaded["model"])
        self.pupil.to(options.device)
        self.average = checkpoint.Average(self.pupil, options.average)
        self.optimizers = optimizers(self.pupil, options.lr, options.muon_lr)
        if loaded:
            self._restore(loaded)
        self.teacher = Teacher(options.bank)
        self.lessons = Steps(self.teacher, self.encoder, options.seed, options.batch)
        if not loaded:
            if options.grow:
                grow(self.pupil.judge, options.grow)
            else:
                whiten(self.pupil.judge, self._sample())
            self.average = checkpoint.Average(self.pupil, options.average)

    def _restore(self, loaded: dict[str, Any]) -> None:
        self.step = self.average.steps = loaded["step"]
        self.average.weights = {k: v.to(self.options.device) for k, v in loaded["average"].items()}
        for optimizer, state in zip(self.optimizers, loaded["optimizers"], strict=True):
            optimizer.load_state_dict(state)

    def _sample(self) -> Tensor:
        rng = np.random.default_rng([self.options.seed, 0, 0])
        lessons = [self.teacher.lesson(rng) for _ in range(SAMPLE)]
        pictures = np.concatenate([lesson.pictures for lesson in lessons])
        return torch.from_numpy(pictures).permute(0, 3, 1, 2).to(self.options.device)

    def state(self) -> dict[str, Any]:
        """Return everything that is needed to go on."""
        return {
            "shape": asdict(self.pupil.judge.shape),
            "model": self.pupil.state_dict(),
            "average": self.average.weights,
            "optimizers": [o.state_dict() for o in self.optimizers],
            "step": self.step,
        }

    def go(self) -> None:
        """Learn until the time or the steps are used up."""
        told: list[dict[str, float]] = []
        self.course.begin()
        # Another process prepares the next steps while one is learnt.
        batches = DataLoader(
            self.lessons, batch_size=None, sampler=itertools.count(self.step), num_workers=1
        )
        for given in batches:
            factor = self.course.rate(self.step)
            if factor <= 0 or self.step == self.options.steps:
                break
            self.course.keep(self.state)
            told.append(self.learn(given.to(self.options.device), factor))
            if self.step % LOG_EVERY == 0:
                losses = {name: np.mean([each[name] for each in told]) for name in told[0]}
                rounded = {name: round(float(loss), 4) for name, loss in losses.items()}
                self.course.log(step=self.step, rate=round(factor, 4), **rounded)
                told = []
        self.course.finish(self.state)

    def learn(self, given: Batch, factor: float) -> dict[str, float]:
        """One step; gives the losses."""
        answer = self.pupil(given, self.encoder.image_start)
        judged = answer.judged
        surprises = surprise(judged, given.pairs, given.share)
        own = given.weight == 1
        parts = {
            "naming": belief(answer.named[:-1], given.beliefs[:-1]),
            "counting": belief(answer.named[-1:], given.beliefs[-1:]),
            "faults": away(answer.faults, given.faults),
            "spots": away(answer.where, given.where),
            "words": away(answer.fits, given.fits),
            "spread": spread(judged, given.variance),
        }
        loss = (surprises * given.weight).sum() / given.weight.sum()
        for name, part in parts.items():
            loss = loss + HELPS[name] * part
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.pupil.parameters(), 1.0)
        rates = (self.options.muon_lr, self.options.lr)
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.average.follow(self.pupil)
        self.step += 1
        gap = judged[given.pairs[:, 0], 0] - judged[given.pairs[:, 1], 0]
        agrees = ((gap > 0) == (given.share > 0.5)).float()  # noqa: PLR2004 -- a majority
        return {
            "loss": surprises[own].mean().item(),
            "across": surprises[~own].mean().item(),
            "agrees": agrees[own].mean().item(),
            **{name: part.item() for name, part in parts.items()},
            "deviation": judged[:, 1].exp().mean().item(),
        }


def options() -> argparse.Namespace:
    """Return what a run can be told."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, minutes=60)
    parser.add_argument("--bank", type=Path, nargs="*", default=[], help="folders of shards")
    parser.add_argument("--grow", type=Path, help="begin from a judge's folder, its words kept")
    parser.add_argument("--steps", type=int, default=-1, help="stop after so many")
    parser.add_argument("--batch", type=int, default=8, help="prompts a step, six pictures each")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--muon-lr", type=float, default=0.015)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=31)
    return parser.parse_args()


def main() -> None:
    """Train as told."""
    told = options()
    torch.set_num_threads(told.threads)
    course = Course(told)
    if not course.over:
        Run(told, course).go()


if __name__ == "__main__":
    main()
