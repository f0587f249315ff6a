"""`cohp score` over many files: prompts from files, files of scores, going on after a stop."""

from __future__ import annotations

import json
import signal
import time

import pytest
from command import cohp, process
from PIL import Image

from cohp.commands import score as score_command


@pytest.fixture
def album(tmp_path):
    for number in range(6):
        Image.effect_noise((32, 32), 40).save(tmp_path / f"{number}.png")
    return tmp_path


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder_is_scored_by_the_default_reward(album):
    result = cohp("score", album, "--prompt", "a fox", "--json")
    assert result.exit_code == 0
    assert [line["image"] for line in lines(result)] == [str(album / f"{n}.png") for n in range(6)]


def test_prompts_come_from_a_file_and_what_has_none_is_said(album):
    (album / "p.csv").write_text("image,prompt\n0.png,a fox\n1.png\n7.png,a hare\n2.png,an owl\n")
    result = cohp("score", "--prompts", album / "p.csv", "--json")
    assert result.exit_code == 5
    assert "2 of 4 scores could not be given" in result.stderr
    first, second, third, fourth = lines(result)
    assert (first["prompt"], fourth["prompt"]) == ("a fox", "an owl")
    assert "line 3: it has 1 fields" in second["error"]
    assert "no image file" in third["error"]


def test_the_table_shows_prompts_where_they_differ(album):
    words = ("score", album / "0.png", "--prompt")
    one, two = cohp(*words, "a fox"), cohp(*words, "a fox", "--prompt", "a hare")
    assert "a fox" not in one.stdout
    assert "a hare" in two.stdout
    assert two.stdout.splitlines()[-1].endswith("mean of 2 images")


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_file_is_written_and_gone_on_with(album, suffix):
    out = album / f"scores.{suffix}"
    words = ("score", album, "--prompt", "a fox", "--out", out)
    (album / "3.png").write_bytes(b"")
    first = cohp(*words)
    assert (first.exit_code, first.stdout) == (5, "")
    assert f"5 scores in {out}." in first.stderr
    Image.effect_noise((32, 32), 40).save(album / "3.png")
    second = cohp(*words)
    assert second.exit_code == 0
    assert f"6 scores in {out}, 5 of them from before." in second.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x.png"], "x.png has no prompt"),
        (["--prompt", "a fox"], "Name images"),
        (["x.png", "--prompt", "a", "--prompts", "p.csv"], "--prompt or --prompts"),
        (["x.png", "--prompts", "p.csv"], "There is no p.csv"),
        (["x.png", "--prompt", "a", "--json", "--out", "x.csv"], "--json or --out"),
        (["x.png", "--prompt", "a", "--out", "none/x.csv"], "There is no folder none"),
        (["x.png", "--prompt", "a", "--out", "x.doc"], "should end in"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    Image.effect_noise((32, 32), 40).save("x.png")
    result = cohp("score", *words)
    assert result.exit_code in {2, 5}
    assert said in result.stdout + result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


def test_a_cache_that_cannot_be_used_is_said_and_costs_nothing(album, monkeypatch):
    (album / "file").write_text("")
    monkeypatch.setenv("COHP_CACHE", str(album / "file"))
    result = cohp("score", album / "0.png", "--prompt", "a fox")
    assert result.exit_code == 0
    assert "score cache" in result.stderr
    assert "score cache" not in cohp("score", album / "0.png", "--prompt", "a", "--no-cache").stderr


def test_a_bar_is_drawn_on_a_terminal_and_the_table_scrolls_above_it(album, monkeypatch):
    consoles = []

    def terminal(**how):
        consoles.append(console(force_terminal=True, **how))
        return consoles[-1]

    console = score_command.Console
    monkeypatch.setattr(score_command, "Console", terminal)
    result = cohp("score", album, "--prompt", "a fox")
    assert result.exit_code == 0
    assert result.stdout.count("0/6") >= 1
    assert all(f"{number}.png" in result.stdout for number in range(6))


def test_after_ctrl_c_the_same_command_goes_on(album):
    for number in range(200):
        Image.effect_noise((512, 512), 40).save(album / f"{number}.png", compress_level=1)
    out = album / "scores.jsonl"
    words = ("score", album, "--prompt", "a fox", "--out", out, "--no-cache")
    working = process(*words)
    deadline = time.monotonic() + 120
    while not (out.exists() and out.stat().st_size):
        assert time.monotonic() < deadline
        assert working.poll() is None, working.stderr.read()
        time.sleep(0.02)
    working.send_signal(signal.SIGINT)
    _, said = working.communicate(timeout=120)
    assert working.returncode == 130
    assert b"same command" in said
    before = out.read_text().splitlines()
    assert 0 < len(before) < 200
    assert cohp(*words).exit_code == 0
    after = out.read_text().splitlines()
    assert after[: len(before)] == before
    assert len({json.loads(line)["image"] for line in after}) == len(after) == 200
