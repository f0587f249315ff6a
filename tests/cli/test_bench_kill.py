"""A benchmark killed at any moment goes on, draws nothing twice and ends with the same tables."""

from __future__ import annotations

import json
import random
import signal
import time

import pytest
from bench_samples import write_jsonl
from command import cohp, process

from cohp.record import journal

WORDS = ("--models", "fake-ink", "--recipe", "quick", "--candidates", "fake-ink,fake-wash",
         "--size", 96, "--reward", "fake", "--json")  # fmt: skip


def command(folder):
    return ("bench", "run", folder.parent / "p.jsonl", *WORDS, "--out", folder)


def drawn(folder) -> list[tuple[str, str]]:
    path = folder / "bench.jsonl"
    listed = journal.read(path)[0] if path.exists() else []
    return [(each["contestant"], each["prompt"]) for each in listed if each["kind"] == "image"]


def test_two_random_kills(tmp_path):
    write_jsonl(tmp_path / "p.jsonl", [f"a fox number {n}" for n in range(6)])
    began = time.monotonic()
    whole = process(*command(tmp_path / "whole"))
    told = json.loads(whole.communicate(timeout=200)[0])
    took = time.monotonic() - began
    rng = random.Random(1)
    for number in range(2):
        folder = tmp_path / str(number)
        started = process(*command(folder))
        time.sleep(rng.uniform(0.4, 0.95) * took)
        started.send_signal(signal.SIGKILL)
        started.communicate()
        before = drawn(folder)
        result = cohp(*command(folder))
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["rows"] == told["rows"]
        assert drawn(folder)[: len(before)] == before
        assert len(set(drawn(folder))) == len(drawn(folder)) == 12


@pytest.mark.parametrize("contestant", [("--models", "fake-ink"), ("--recipe", "quick")])
def test_ctrl_c_prints_the_line_that_goes_on(tmp_path, contestant):
    write_jsonl(tmp_path / "p.jsonl", [f"a fox number {n}" for n in range(400)])
    folder = tmp_path / "b"
    words = ("--candidates", "fake-ink", "--size", 128, "--reward", "fake", "--quiet")
    started = process("bench", "run", tmp_path / "p.jsonl", *contestant, *words, "--out", folder)
    deadline = time.monotonic() + 120
    while len(drawn(folder)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=120)
    assert started.returncode == 130
    assert f"cohp bench resume {folder}".encode() in said
    assert b"Traceback" not in said
