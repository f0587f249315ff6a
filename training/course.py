"""How a training is paced: a clock that interruptions do not reset, its checkpoints, its log."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.generator import checkpoint

LATEST, PLAIN, ANNEALING, ANNEALED = "latest", "plain", "annealing", "annealed"
WARM = 100  # steps until the learning rate is reached
State = Callable[[], dict[str, Any]]
"""Gives everything a training needs to go on."""


def add_options(parser: argparse.ArgumentParser, *, minutes: float) -> None:
    """Let every training be told the same things about its course."""
    parser.add_argument("--out", type=Path, required=True, help="goes on where this folder ends")
    parser.add_argument("--minutes", type=float, default=minutes, help="interruptions left out")
    parser.add_argument("--anneal", type=float, default=0, help="last minutes, rate falls to 0")
    parser.add_argument("--resume", type=Path, help="begin from another folder's checkpoint")
    parser.add_argument("--save-every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")


class Course:
    """The minutes of one training, in the last of which its learning rate falls to nothing.

    Its folder keeps `latest.pt` while the rate is up, `plain.pt` from the moment before it falls,
    `annealing.pt` while it falls, `annealed.pt` at the end.
    """

    def __init__(self, told: argparse.Namespace) -> None:
        self.out, self.minutes, self.anneal = told.out, told.minutes, told.anneal
        self.out.mkdir(parents=True, exist_ok=True)
        self._from, self._every = told.resume, told.save_every
        names = (ANNEALED, ANNEALING, PLAIN, LATEST)
        held = [name for name in names if (self.out / f"{name}.pt").exists()]
        self._held = held[0] if held else None
        self.over = self._held == ANNEALED
        self._falls = self._held == ANNEALING
        self._before = 0.0
        self.begin()

    def loaded(self) -> dict[str, Any] | None:
        """Return the state to go on from: this folder's own, or the one to begin from."""
        if self._held is None:
            return checkpoint.load(self._from) if self._from else None
        state = checkpoint.load(self.out / f"{self._held}.pt")
        self._before = state["spent"]
        return state

    def begin(self) -> None:
        """Start the clock; what came before was preparing."""
        self._began = self._saved = time.monotonic()

    @property
    def spent(self) -> float:
        """The minutes of training so far, those before an interruption counted."""
        return self._before + (time.monotonic() - self._began) / 60

    def rate(self, step: int) -> float:
        """Return the learning rate's factor now: up at the start, down to nothing at the end."""
        left = self.minutes - self.spent
        down = left / self.anneal if self.anneal > 0 else left
        return max(0.0, min(1.0, (step + 1) / WARM, down))

    def keep(self, state: State) -> None:
        """Write a checkpoint where one is due: before the rate falls, and every few minutes."""
        if not self._falls and self.minutes - self.spent < self.anneal:
            self._save(PLAIN, state)
            self._falls = True
        elif time.monotonic() - self._saved > self._every * 60:
            self._save(ANNEALING if self._falls else LATEST, state)

    def finish(self, state: State) -> None:
        """Write the last checkpoint."""
        over = self.minutes - self.spent < self.anneal
        self._save(ANNEALED if over else LATEST, state)

    def log(self, **facts: object) -> None:
        """Print one JSON line and keep it."""
        line = json.dumps({"minutes": round(self.spent, 2), **facts})
        print(line, flush=True)
        with (self.out / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def _save(self, name: str, state: State) -> None:
        checkpoint.save(self.out / f"{name}.pt", {**state(), "spent": self.spent})
        self._saved = time.monotonic()
