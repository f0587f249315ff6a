"""Every example runs, on the reward that judges when none is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "tests/golden/images"
TRIED = {"rerank", "pillow_only", "notebook", "creative_tool"}


@pytest.fixture
def run(tmp_path):
    def example(name, *words):
        told = subprocess.run(
            [sys.executable, ROOT / f"examples/{name}.py", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert told.returncode == 0, told.stderr
        return told.stdout

    return example


def test_every_example_is_tried():
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == TRIED


def test_images_are_reranked_and_the_best_kept(run, tmp_path):
    lines = run("rerank", "a red fox at dawn", str(IMAGES)).splitlines()
    assert len(lines) == 14
    assert lines[1].split()[0] == "2"
    assert "the first is preferred" in lines[1]
    best = Path(lines[0].split()[-1])
    assert (tmp_path / "best-1.png").read_bytes() == best.read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_pictures_in_memory_are_scored(run, tmp_path):
    lines = run("pillow_only").splitlines()
    assert [line[:8] for line in lines[:4]] == ["as drawn", "softened", "grainy  ", "darker  "]
    assert "prefers" in lines[4]
    assert [path.name for path in tmp_path.iterdir()] == ["best.png"]


def test_a_notebook_scores_a_data_frame(run, tmp_path):
    names = ("01_square", "02_large", "03_wide", "04_tall")
    for name in names:
        shutil.copy2(IMAGES / f"{name}.png", tmp_path)
    rows = [f"{name}.png,a fox,{'ink' if n % 2 else 'oil'}" for n, name in enumerate(names)]
    (tmp_path / "prompts.csv").write_text("image,prompt,model\n" + "\n".join(rows))
    told = run("notebook", str(tmp_path))
    assert "lead" in (tmp_path / "scored.csv").read_text().splitlines()[0]
    assert "ink" in told


def test_a_plug_in_sorts_variations_while_its_tool_goes_on(run):
    told = run("creative_tool")
    assert "variation 4 is not shown: The image is all one colour" in told
    assert told.count(" is number ") == 3
    assert "prefers" in told
    assert int(told.split()[-3]) > 0
