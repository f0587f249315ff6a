"""Promise 3 with real kills: SIGKILL at any moment, resume, and the verdict is the same."""

from __future__ import annotations

import json
import random
import signal
import time

import pytest
from command import cohp, process

RUN = ("--models", "fake-ink,fake-wash", "--size", 128, "--seed", 11, "--rounds", 6, "--batch", 4)


def whole_run(folder):
    began = time.monotonic()
    started = process("generate", "a red fox at dawn", *RUN, "--out", folder, "--json")
    told, _ = started.communicate(timeout=120)
    assert started.returncode == 0
    return json.loads(told), time.monotonic() - began


def killed_and_resumed(folder, seconds: float):
    """Kill a run after `seconds`, then go on with it until it is done."""
    started = process("generate", "a red fox at dawn", *RUN, "--out", folder, "--json")
    time.sleep(seconds)
    started.send_signal(signal.SIGKILL)
    started.communicate()
    recorded = drawn(folder)
    result = cohp("resume", folder, "--json")
    if result.exit_code == 4 and "holds no run" in result.stderr:
        # It was killed before its first line: the same command begins anew in the same folder.
        result = cohp("generate", "a red fox at dawn", *RUN, "--out", folder, "--json")
    assert result.exit_code == 0, result.output
    assert drawn(folder)[: len(recorded)] == recorded
    return json.loads(result.stdout)


def drawn(folder) -> list[dict]:
    journal = folder / "journal.jsonl"
    if not journal.exists():
        return []
    whole = [
        line for line in journal.read_text("utf-8").splitlines(keepends=True) if line[-1] == "\n"
    ]
    return [line for line in map(json.loads, whole) if line["kind"] == "shot"]


def same_after_kills(tmp_path, moments: int, seed: int) -> None:
    whole, seconds = whole_run(tmp_path / "whole")
    chance = random.Random(seed)
    for number in range(moments):
        folder = tmp_path / f"killed-{number}"
        told = killed_and_resumed(folder, chance.uniform(0.3, 1.0) * seconds)
        assert {**told, "run": 0, "image": 0} == {**whole, "run": 0, "image": 0}
        best = (folder / "best.png").read_bytes()
        assert best == (tmp_path / "whole/best.png").read_bytes()
        assert len({line["id"] for line in drawn(folder)}) == len(drawn(folder)) == whole["shots"]


def test_five_random_kills(tmp_path):
    same_after_kills(tmp_path, 5, seed=1)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_fifty_random_kills(tmp_path):
    same_after_kills(tmp_path, 50, seed=2)


def test_ctrl_c_stops_after_the_batch_and_prints_the_line_that_goes_on(tmp_path):
    slow = ("--models", "fake-ink", "--size", 512, "--rounds", 60, "--batch", 2, "--quiet")
    started = process("generate", "a fox", *slow, "--out", tmp_path / "run")
    deadline = time.monotonic() + 60
    while len(drawn(tmp_path / "run")) < 6:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 130
    assert f"cohp resume {tmp_path / 'run'}".encode() in said
    assert b"Traceback" not in said
    assert len(drawn(tmp_path / "run")) % 2 == 0
    assert (tmp_path / "run/report.html").exists()
