"""What docs/rewards.md says is so: its example runs, and its table has every reward."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from golden_cases import cases, picture

from cohp import registry
from cohp.cli import main
from cohp.reward import catalogue
from cohp.reward.loading import load

PAGE = (Path(__file__).parents[2] / "docs" / "rewards.md").read_text("utf-8")


@pytest.fixture
def example(tmp_path, monkeypatch):
    """Install the page's example as a plug-in."""
    (code,) = re.findall(r"\n    # my_rewards\.py\n((?:    .*\n|\n)+)", PAGE)
    (tmp_path / "my_rewards.py").write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(tmp_path)
    known = {**registry.names("reward"), "brightness": "my_rewards:Brightness"}
    monkeypatch.setattr(registry, "names", lambda _: known)
    return code


def test_the_example_is_a_reward_of_ten_lines(example):
    assert len([line for line in example.splitlines() if line.strip()]) <= 10
    reward = load("brightness", device="cpu")
    images = [torch.ones(3, 9, 9), picture(cases("clip")[0])]
    bright, other = reward.score(prompts=["a", "b"], images=images)
    assert bright.mean == 255
    assert other.mean < 255
    reward.close()


def test_a_plug_in_may_join_an_ensemble(example):
    assert example
    score = load("brightness*2+fake", device="cpu").score(
        prompts=["a"], images=[picture(cases("clip")[0])]
    )[0]
    assert set(score.members) == {"brightness", "fake"}


def test_the_table_has_every_reward_with_its_size_and_licence():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    for entry in catalogue.entries().values():
        (row,) = (row for row in rows if f"`{entry.name}`" in row.split("|")[1])
        assert entry.licence.split(" (")[0].split(",")[0] in row
        if entry.name != "aesthetic":
            assert entry.size in row
        assert entry.range.partition(";")[0].partition(",")[0] in row
        assert f"- **{entry.name}**" in PAGE or f"**{entry.name}**" in PAGE


def test_the_command_lists_what_the_table_has():
    listed = CliRunner().invoke(main, ["rewards"]).output
    for entry in catalogue.entries().values():
        (row,) = (line for line in listed.splitlines() if line.startswith(f"{entry.name} "))
        licence, span = entry.licence.partition(" (")[0], entry.range.partition(";")[0]
        for said in (entry.size, licence, span):
            assert said in row
        assert f"  {entry.about}" in listed


def test_the_command_knows_rewards_that_have_no_weights(example):
    assert example
    for name in ("brightness", "fake"):
        assert CliRunner().invoke(main, ["rewards", name]).output == f"{name} needs no weights.\n"
        got = CliRunner().invoke(main, ["rewards", "--get", name])
        assert got.output == f"{name} needs no weights.\n"
    assert CliRunner().invoke(main, ["rewards", "brightnes"]).exception
