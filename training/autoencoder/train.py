"""Trains a decoder: `python -m training.autoencoder.train poster --out FOLDER`."""

from __future__ import annotations

import argparse
import json
import math
import time
from itertools import count
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from torch import Tensor

from training.autoencoder.built import autoencoder, folded
from training.autoencoder.lessons import lessons, through
from training.generator.checkpoint import Average
from training.generator.kinds import KINDS
from training.world.scene import GRID, SIDE

LOG_EVERY = 50
WARM = 50
WINDOW = 24  # pixels of 64
SAVE_EVERY = 300  # seconds


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


def train(told: argparse.Namespace) -> AutoencoderKL:
    """Train until the minutes are over; windows for the first 60 % of it, then whole pictures."""
    torch.manual_seed(told.seed)
    kind = KINDS[told.kind]
    vae = (
        AutoencoderKL.from_pretrained(told.resume)
        if told.resume
        else autoencoder(kind.AUTOENCODER, kind.FOLDS)
    )
    vae.encoder.requires_grad_(requires_grad=False)
    optimizer = torch.optim.AdamW(vae.decoder.parameters(), lr=told.lr, weight_decay=0.0)
    average = Average(vae.decoder, 0.995)
    guess = through(told.through) if told.through else None
    data = lessons(told.seed, told.batch, vae.config.sample_size // SIDE, guess)
    draw = torch.Generator().manual_seed(told.seed)
    began = saved = time.monotonic()
    losses: list[float] = []
    for step in count():
        done = (time.monotonic() - began) / 60 / told.minutes
        if done >= 1:
            break
        worn, true = next(data)
        if done < told.windows:
            worn, true = cut(worn, true, draw)
        rate = told.lr * min(1.0, (step + 1) / WARM) * 0.5 * (1 + math.cos(math.pi * done))
        optimizer.param_groups[0]["lr"] = rate
        error = loss(vae.decode(folded(worn, vae)).sample, true)
        error.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(vae.decoder.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.follow(vae.decoder)
        losses.append(error.item())
        if step % LOG_EVERY == LOG_EVERY - 1:
            mean = sum(losses) / len(losses)
            line = {"step": step + 1, "done": round(done, 3), "loss": round(mean, 5)}
            print(json.dumps(line), flush=True)
            losses = []
        if time.monotonic() - saved > SAVE_EVERY:
            keep(vae, average, told.out)
            saved = time.monotonic()
    return keep(vae, average, told.out)


def keep(vae: AutoencoderKL, average: Average, out: Path) -> AutoencoderKL:
    """Write the averaged autoencoder in half precision."""
    whole = AutoencoderKL.from_config(vae.config)
    whole.encoder.load_state_dict(vae.encoder.state_dict())
    whole.decoder.load_state_dict(average.weights)
    whole.half().save_pretrained(out)
    return whole


def main() -> None:
    """Train as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--through", type=Path, help="a generator's checkpoint, for its own grain")
    parser.add_argument("--resume", type=Path, help="an autoencoder's folder")
    parser.add_argument("--windows", type=float, default=0.6, help="share of the time on windows")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    torch.set_num_threads(1)
    train(told)


if __name__ == "__main__":
    main()
