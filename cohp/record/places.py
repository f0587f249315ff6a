"""The names of run folders that nobody named."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

RUNS = Path("cohp-runs")


def run_name(number: int, prompt: str) -> str:
    """Return the name of one run's folder among many."""
    return f"{number:04}-{_words(prompt)}".rstrip("-")


def _words(prompt: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:40].strip("-")


def new_folder(prompt: str) -> Path:
    """Return a folder for a run that was given none: when it began, and what it is of."""
    words = _words(prompt)
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    wanted = RUNS / (f"{stamp}-{words}" if words else stamp)
    taken = 1
    folder = wanted
    while folder.exists():
        taken += 1
        folder = wanted.with_name(f"{wanted.name}-{taken}")
    return folder
