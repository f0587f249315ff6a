"""Trains a decoder: `python -m training.autoencoder.train poster --out FOLDER`."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor

from training.autoencoder.built import autoencoder, folded
from training.autoencoder.lessons import lessons, through
from training.course import Course, add_options
from training.generator.checkpoint import Average
from training.generator.kinds import KINDS
from training.world.scene import GRID, SIDE

LOG_EVERY = 50
WINDOW = 24  # pixels of 64


def cut(worn: Tensor, true: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the same random window of both: cheaper lessons while the decoder is young."""
    zoom = true.shape[-1] // worn.shape[-1]
    places = (worn.shape[-1] - WINDOW) // GRID + 1
    top, left = (GRID * int(torch.randint(0, places, (), generator=draw)) for _ in range(2))
    rows, columns = (slice(edge * zoom, (edge + WINDOW) * zoom) for edge in (top, left))
    return (
        worn[..., top : top + WINDOW, left : left + WINDOW],
        true[..., rows, columns],
    )


def loss(drawn: Tensor, true: Tensor) -> Tensor:
    """Mean error of the colours, and of their steps from pixel to pixel: edges must be sharp."""
    steps = [(drawn - true).diff(dim=d).abs().mean() for d in (-2, -1)]
    return (drawn - true).abs().mean() + torch.stack(steps).sum()


class Run:
    """One training process: its state and its lessons."""

    def __init__(self, told: argparse.Namespace, course: Course) -> None:
        self.told, self.course, self.step = told, course, 0
        torch.manual_seed(told.seed)
        kind = KINDS[told.kind]
        self.vae = autoencoder(kind.AUTOENCODER, kind.FOLDS).to(told.device)
        self.vae.encoder.requires_grad_(requires_grad=False)
        decoder = self.vae.decoder
        self.optimizer = torch.optim.AdamW(decoder.parameters(), lr=told.lr, weight_decay=0.0)
        self.average = Average(decoder, 0.995)
        if loaded := course.loaded():
            decoder.load_state_dict(loaded["model"])
            self.optimizer.load_state_dict(loaded["optimizer"])
            self.average.weights = loaded["average"]
            self.step = self.average.steps = loaded["step"]

    def state(self) -> dict[str, Any]:
        """Return everything that is needed to go on."""
        return {
            "model": self.vae.decoder.state_dict(),
            "average": self.average.weights,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }

    def go(self) -> AutoencoderKL:
        """Learn until the minutes are over; windows for most of them, then whole pictures."""
        told, course = self.told, self.course
        guess = through(told.through) if told.through else None
        zoom = self.vae.config.sample_size // SIDE
        data = lessons(told.seed + self.step, told.batch, zoom, guess)
        draw = torch.Generator().manual_seed(told.seed + self.step)
        losses: list[float] = []
        course.begin()
        while (done := course.spent / told.minutes) < 1:
            course.keep(self.state)
            worn, true = next(data)
            if done < told.windows:
                worn, true = cut(worn, true, draw)
            rate = 0.5 * (1 + math.cos(math.pi * done)) * course.rate(self.step)
            losses.append(self.learn(worn.to(told.device), true.to(told.device), told.lr * rate))
            if self.step % LOG_EVERY == 0:
                course.log(step=self.step, loss=round(sum(losses) / len(losses), 5))
                losses = []
        course.finish(self.state)
        return self.averaged()

    def learn(self, worn: Tensor, true: Tensor, rate: float) -> float:
        """One step; gives the loss."""
        self.optimizer.param_groups[0]["lr"] = rate
        error = loss(self.vae.decode(folded(worn, self.vae)).sample, true)
        error.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.vae.decoder.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.follow(self.vae.decoder)
        self.step += 1
        return error.item()

    def averaged(self) -> AutoencoderKL:
        """Return the autoencoder with averaged weights, in half precision."""
        whole = AutoencoderKL.from_config(self.vae.config)
        whole.encoder.load_state_dict(self.vae.encoder.state_dict())
        whole.decoder.load_state_dict(self.average.weights)
        return whole.half()


def main() -> None:
    """Train as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    add_options(parser, minutes=40)
    parser.add_argument("--through", type=Path, help="a generator's checkpoint, for its own grain")
    parser.add_argument("--windows", type=float, default=0.6, help="share of the time on windows")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    Run(told, Course(told)).go().save_pretrained(told.out)


if __name__ == "__main__":
    main()
