"""Calling the command line as a shell would, inside this process or as one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from cohp.cli import main

SMALL = ["--models", "fake-ink,fake-wash", "--size", "64", "--per-model", "2", "--batch", "2"]


def cohp(*words: object) -> Result:
    """Call `cohp` here."""
    return CliRunner().invoke(main, [str(word) for word in words])


def generate(folder: Path, *words: object) -> dict:
    """Run a small `cohp generate` and return its JSON."""
    result = cohp(
        "generate",
        "a red fox",
        *SMALL,
        "--rounds",
        2,
        "--seed",
        5,
        "--out",
        folder,
        "--json",
        *words,
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def process(*words: object, **how) -> subprocess.Popen:
    """Start `cohp` as a process of its own."""
    command = [sys.executable, "-m", "cohp", *(str(word) for word in words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
