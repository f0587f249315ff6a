"""What a batch on a cluster outlives: nodes and workers lost, drivers killed, a poison prompt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)
FAULTS = Path(__file__).parents[2] / "benchmarks" / "ray_faults.py"


def test_a_batch_outlives_its_faults_and_is_that_of_one_machine():
    command = [sys.executable, FAULTS, "--prompts", "12", "--models", "fake"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    rows = [line.strip("| ").split(" | ") for line in ended.stdout.splitlines()]
    told = {row[0]: row[-1] for row in rows}
    assert told["prompts with a result"] == "12 of 12"
    assert told["listed as failed"] == "1: 0005-a-poison-bottle"
    assert told["same shots, and so the same picks, as on one machine"] == "12"
    assert told["largest difference of a score"] == "0.0000"
    assert told["best images within one level of those of one machine"] == "12"
    once, twice, more = map(int, told["shots drawn once, twice, more often"].split(", "))
    assert once + twice + more == 36
    # Three faults and the poison's crashes, within seconds, may each catch the same shots in the
    # air, which are drawn again, those of a merged batch together; what is recorded never is.
    assert once >= 18
    assert more <= 4
