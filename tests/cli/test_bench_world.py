"""The embedded world as benchmark data: its models compared, its judge as right as it was."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from command import cohp

from cohp.mini.vocabulary import PLACES

ROOT = Path(__file__).parent.parent.parent


def written(*words: object) -> None:
    runpy.run_path(str(ROOT / "benchmarks/world.py"))["main"](*map(str, words))


def test_the_embedded_judge_is_right_about_held_out_pairs(tmp_path):
    written("pairs", tmp_path, 60)
    result = cohp("bench", "accuracy", tmp_path / "pairs.json", "--reward", "mini-judge", "--json")
    assert result.exit_code == 0, result.output
    # Its card says 97.5 to 100 %, by what is wrong.
    assert json.loads(result.stdout)["mini-judge"]["accuracy"] >= 0.95


def test_both_embedded_generators_and_a_recipe_of_them_are_compared(tmp_path):
    written("prompts", tmp_path / "world.jsonl")
    words = ("--models", "mini-poster,mini-mural", "--recipe", "quick", "--steps", 3)
    result = cohp("bench", "run", tmp_path / "world.jsonl", *words, "--limit", 1, "--category",
                  "beach", "--out", tmp_path / "b", "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["rows"]
    assert {row["judge"] for row in rows} == {"mini-judge"}
    means = {row["contestant"]: row["mean"] for row in rows if row["category"] == "overall"}
    assert means["quick"] >= max(means["mini-poster"], means["mini-mural"]) - 1e-4
    prompts = [json.loads(line) for line in (tmp_path / "world.jsonl").read_text().splitlines()]
    assert {each["category"] for each in prompts} == set(PLACES)
