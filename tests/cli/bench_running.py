"""Calling `cohp bench run` in the tests, on six small prompts."""

from __future__ import annotations

import json
from pathlib import Path

from bench_samples import write_jsonl
from command import cohp

PROMPTS = [
    {"prompt": f"a {colour} {thing}", "category": thing}
    for thing in ("fox", "house")
    for colour in ("red", "blue", "green")
]
SMALL = ("--size", 64, "--reward", "fake")


def bench(folder: Path, *words, prompts=None):
    prompts = prompts or write_jsonl(folder.parent / "prompts.jsonl", PROMPTS)
    return cohp("bench", "run", prompts, *SMALL, "--out", folder, "--json", *words)


def rows(result, category="overall") -> dict[tuple[str, str], dict]:
    listed = json.loads(result.stdout)["rows"]
    return {(r["contestant"], r["judge"]): r for r in listed if r["category"] == category}
