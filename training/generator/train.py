"""Trains a generator: `python -m training.generator.train poster --out FOLDER --minutes 90`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from cohp.mini.vocabulary import words
from training.course import Course, add_options
from training.generator import checkpoint, flow
from training.generator.kinds import KINDS, Generator
from training.generator.muon import Muon
from training.world.stream import batches

UNTOLD = 0.1  # share of pictures shown without their caption, for guidance
LOG_EVERY = 50
MATRIX = 2  # dimensions
TEXT_SHARE = 2.0  # learning rate of what reads text, beside the rest


def optimizers(generator: Generator, options: argparse.Namespace) -> list[Optimizer]:
    """Muon for the matrices that pictures pass, AdamW for the rest, quicker where text is read."""
    turned: list[Tensor] = []
    rest: list[Tensor] = []
    text: list[Tensor] = []
    for name, p in generator.named_parameters():
        if p.ndim == MATRIX and generator.turned(name):
            turned.append(p)
        elif generator.reads(name):
            text.append(p)
        else:
            rest.append(p)
    groups = [{"params": rest, "share": 1.0}, {"params": text, "share": TEXT_SHARE}]
    adam = AdamW(groups, lr=options.lr, betas=(0.9, 0.98), weight_decay=0.0)
    return [Muon(turned, lr=options.muon_lr), adam]


def examples(
    generator: Generator, seed: int, size: int, favourites: frozenset[str]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of pictures and token ids, some captions left out."""
    rng = np.random.default_rng([seed, 1])
    for pixels, captions in batches(seed, size, favourites):
        told = [c if rng.random() >= UNTOLD else "" for c in captions]
        yield torch.from_numpy(pixels), generator.tokens(told)


class Run:
    """One training process: its state and its lessons."""

    def __init__(self, options: argparse.Namespace, course: Course) -> None:
        self.options, self.course, self.samples = options, course, 0
        torch.manual_seed(options.seed)
        loaded = course.loaded()
        if loaded:
            self.generator = checkpoint.build(loaded, averaged=False).train()
        else:
            kind = KINDS[options.kind]
            self.generator = kind(kind.SHAPE(), words())
            self.generator.start()
        self.generator.to(options.device).train()
        self.average = checkpoint.Average(self.generator, options.average)
        self.optimizers = optimizers(self.generator, options)
        if loaded:
            self._restore(loaded)
        self.noise = torch.Generator().manual_seed(options.seed * 7919 + self.samples)

    def _restore(self, loaded: dict[str, Any]) -> None:
        self.samples, self.average.steps = loaded["samples"], loaded["steps"]
        self.average.weights = {k: v.to(self.options.device) for k, v in loaded["average"].items()}
        for optimizer, state in zip(self.optimizers, loaded["optimizers"], strict=True):
            optimizer.load_state_dict(state)

    def state(self) -> dict[str, Any]:
        """Return everything that is needed to go on."""
        return checkpoint.describe(self.generator) | {
            "model": self.generator.state_dict(),
            "average": self.average.weights,
            "optimizers": [o.state_dict() for o in self.optimizers],
            "samples": self.samples,
            "steps": self.average.steps,
        }

    def go(self) -> None:
        """Train until the time or the samples are used up."""
        options, course = self.options, self.course
        data = examples(
            self.generator, options.seed + self.samples, options.batch, frozenset(options.favour)
        )
        told: list[tuple[float, float]] = []
        course.begin()
        while (factor := course.rate(self.average.steps)) > 0:
            if options.samples and self.samples >= options.samples:
                break
            course.keep(self.state)
            pixels, ids = next(data)
            told += self.learn(pixels.to(options.device), ids.to(options.device), factor)
            if self.average.steps % LOG_EVERY == 0:
                self.log(factor, told)
                told = []
        course.finish(self.state)

    def learn(self, pixels: Tensor, ids: Tensor, factor: float) -> list[tuple[float, float]]:
        """One step; gives (share of noise, loss) for every picture."""
        level = flow.levels(len(pixels), self.noise).to(pixels.device)
        noise = torch.randn(pixels.shape, generator=self.noise).to(pixels.device)
        losses = flow.loss(self.generator, pixels, ids, level, noise)
        losses.mean().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.generator.parameters(), 1.0)
        for optimizer, rate in zip(
            self.optimizers, (self.options.muon_lr, self.options.lr), strict=True
        ):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor * group.get("share", 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.average.follow(self.generator)
        self.samples += len(pixels)
        return list(zip(level.tolist(), losses.tolist(), strict=True))

    def log(self, factor: float, told: list[tuple[float, float]]) -> None:
        """Say the loss over all, and in four parts of the path."""
        parts = [[x for level, x in told if i / 4 <= level < (i + 1) / 4] for i in range(4)]
        self.course.log(
            step=self.average.steps,
            samples=self.samples,
            rate=round(factor, 4),
            loss=round(float(np.mean([x for _, x in told])), 5),
            by_noise=[round(float(np.mean(p)), 5) if p else None for p in parts],
        )


def options() -> argparse.Namespace:
    """Return what a run can be told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    add_options(parser, minutes=90)
    parser.add_argument("--favour", nargs="*", default=[], help="subjects drawn more often")
    parser.add_argument("--samples", type=int, default=0, help="stop after so many, 0: never")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--muon-lr", type=float, default=0.02)
    parser.add_argument("--average", type=float, default=0.999)
    parser.add_argument("--seed", type=int, default=1)
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
