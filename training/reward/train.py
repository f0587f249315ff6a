"""Trains the judge: `python -m training.reward.train --out FOLDER --bank BANK --minutes 60`."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from cohp.reward.hpsv3 import HPSv3
from cohp.reward.qwen_text import TextEncoder
from training.generator import checkpoint
from training.generator.muon import Muon
from training.reward.batch import Batch, batch
from training.reward.lessons import Teacher
from training.reward.loss import away, belief, spread, surprise
from training.reward.net import IMAGE_TOKENS, MATRIX, Judge, Shape
from training.reward.taste import FAULTS
from training.reward.truth import VALUES
from training.reward.whiten import whiten
from training.reward.wording import layout

LOG_EVERY = 25
WARM = 100  # steps until the learning rate is reached
SAMPLE = 40  # lessons whose pictures say what patches are like
ACROSS = 0.3  # what a pair across prompts counts for, beside a pair of one prompt
HELPS = {"naming": 0.3, "faults": 1.0, "spots": 4.0, "words": 1.0, "spread": 0.2}
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
    grainy, one the words of the prompt that do not fit, as annotators of rich feedback do.
    """

    def __init__(self, shape: Shape, tokens: int) -> None:
        super().__init__()
        self.judge = Judge(shape, tokens)
        self._sizes = [*(len(values) for values in VALUES.values()), len(FAULTS)]
        self.names = nn.Linear(IMAGE_TOKENS * shape.width, sum(self._sizes))
        self.spots = nn.Linear(shape.width, 2)
        self.marks = nn.Linear(shape.width, 1)
        nn.init.zeros_(self.names.weight)

    def forward(self, lesson: Batch, start: int) -> Answer:
        """Judge the rows of a batch."""
        seen = self.judge.look(lesson.pictures)
        judged, read = self.judge.judge(seen[lesson.which], lesson.ids, start)
        named = list(self.names(seen.flatten(1)).split(self._sizes, dim=1))
        marks = self.marks(read[lesson.words[:, 0], lesson.words[:, 1]])[:, 0]
        return Answer(judged, named[:-1], named[-1], self.spots(seen), marks)


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


class Run:
    """One training process: its state, its clock, its log."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.step = options, 0
        torch.manual_seed(options.seed)
        self.encoder = encoder()
        loaded = checkpoint.load(options.resume) if options.resume else None
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
        if not loaded:
            whiten(self.pupil.judge, self._sample())
            self.average = checkpoint.Average(self.pupil, options.average)
        self.began = time.monotonic()

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

    def save(self, name: str) -> None:
        """Keep everything under a name in the run's folder."""
        state = {
            "shape": asdict(self.pupil.judge.shape),
            "model": self.pupil.state_dict(),
            "average": self.average.weights,
            "optimizers": [o.state_dict() for o in self.optimizers],
            "step": self.step,
        }
        checkpoint.save(self.options.out / f"{name}.pt", state)

    def left(self) -> float:
        """Return the minutes that are left."""
        minutes: float = self.options.minutes
        return minutes - (time.monotonic() - self.began) / 60

    def rate(self) -> float:
        """Return the learning rate's factor now: up at the start, down to nothing at the end."""
        down = self.left() / self.options.anneal if self.options.anneal > 0 else self.left()
        return max(0.0, min(1.0, (self.step + 1) / WARM, down))

    def go(self) -> None:
        """Learn until the time or the steps are used up."""
        options, annealing, saved = self.options, False, time.monotonic()
        told: list[dict[str, float]] = []
        while (factor := self.rate()) > 0 and self.step != options.steps:
            if not annealing and self.left() < options.anneal:
                annealing = True
                self.save("plain")
            told.append(self.learn(factor))
            if self.step % LOG_EVERY == 0:
                self.log(factor, told)
                told = []
            if time.monotonic() - saved > options.save_every * 60:
                self.save("annealing" if annealing else "latest")
                saved = time.monotonic()
        self.save("annealed" if annealing else "latest")

    def learn(self, factor: float) -> dict[str, float]:
        """One step; gives the losses. What is learnt depends on the step's number alone."""
        rng = np.random.default_rng([self.options.seed, self.step])
        lessons = [self.teacher.lesson(rng) for _ in range(self.options.batch)]
        given = batch(lessons, self.encoder, ACROSS, rng)
        given = given.to(self.options.device)
        answer = self.pupil(given, self.encoder.image_start)
        judged = answer.judged
        surprises = surprise(judged, given.pairs, given.share)
        own = given.weight == 1
        parts = {
            "naming": belief(answer.named, given.beliefs),
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

    def log(self, factor: float, told: list[dict[str, float]]) -> None:
        """One JSON line: the losses, averaged since the last."""
        line = {
            "step": self.step,
            "minutes": round((time.monotonic() - self.began) / 60, 2),
            "rate": round(factor, 4),
            **{name: round(float(np.mean([each[name] for each in told])), 4) for name in told[0]},
        }
        print(json.dumps(line), flush=True)
        with (self.options.out / "log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")


def options() -> argparse.Namespace:
    """Return what a run can be told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bank", type=Path, nargs="*", default=[], help="folders of shards")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, default=-1, help="stop after so many")
    parser.add_argument("--anneal", type=float, default=0, help="last minutes, rate falls to 0")
    parser.add_argument("--resume", type=Path, help="go on from this checkpoint")
    parser.add_argument("--batch", type=int, default=8, help="prompts a step, six pictures each")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--muon-lr", type=float, default=0.015)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--save-every", type=float, default=5, help="minutes between checkpoints")
    return parser.parse_args()


def main() -> None:
    """Train as told."""
    told = options()
    torch.set_num_threads(told.threads)
    told.out.mkdir(parents=True, exist_ok=True)
    Run(told).go()


if __name__ == "__main__":
    main()
