"""`cohp batch`: files of prompts, bad lines, kills, what failed, and the page over all."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from command import SMALL, cohp, process

from cohp.pipelines.fake import FakeGenerator
from cohp.record.folder import RunFolder

ASK = [*SMALL, "--rounds", "2", "--seed", "5"]


@pytest.fixture
def file(tmp_path):
    """Return a maker of files of prompts."""

    def made(text, name="prompts.jsonl"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return made


def batch(*words, code=0):
    result = cohp("batch", *words, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def prompts(count):
    return "".join(json.dumps({"prompt": f"scene {number}"}) + "\n" for number in range(count))


def scores(folder):
    return {shot: entry.score for shot, entry in RunFolder(Path(folder)).entries.items()}


def test_each_prompt_has_a_run_of_its_own_that_other_commands_know(file, tmp_path):
    told = batch(file(prompts(3)), *ASK, "--out", tmp_path / "all")
    assert [each["number"] for each in told["runs"]] == [1, 2, 3]
    for number, each in enumerate(told["runs"]):
        alone = cohp(
            "generate", f"scene {number}", *ASK, "--out", tmp_path / str(number), "--quiet"
        )
        assert alone.exit_code == 0
        assert scores(each["run"]) == scores(tmp_path / str(number))
        assert cohp("show", each["run"]).exit_code == 0
    longer = cohp("resume", told["runs"][0]["run"], "--rounds", "3", "--json")
    assert json.loads(longer.stdout)["shots"] == told["runs"][0]["shots"] + 2
    page = (tmp_path / "all/index.html").read_text()
    assert page.count("data:image/webp") == 3
    assert "http" not in page
    assert 'href="0001-scene-0/report.html"' in page


def test_bad_lines_are_refused_by_number_and_the_rest_goes_on(file, tmp_path):
    lines = [
        '{"prompt": "a", "seed": 1, "out": "mine"}',
        "{broken",
        '{"prompt": "b", "nonsense": 1}',
        '{"prompt": "c", "out": "../away"}',
        '{"prompt": "d", "out": "mine"}',
        '{"seed": 3}',
        '"e"',
    ]
    result = cohp("batch", file("\n".join(lines)), *ASK, "--out", tmp_path / "all")
    assert result.exit_code == 5
    for number, why in {
        2: "not JSON",
        3: "nonsense: there is no such key",
        4: "cannot be the name of a folder",
        5: "another line's",
        6: "no text where the prompt",
    }.items():
        assert f"line {number} is refused" in result.stderr
        assert why in result.stderr
    assert "5 lines refused" in result.stderr
    assert RunFolder(tmp_path / "all/mine").recipe.seed == 1
    assert RunFolder(tmp_path / "all/0007-e").recipe.prompt == "e"
    assert "line 2 was refused" in (tmp_path / "all/index.html").read_text()


def test_a_file_without_a_prompt_makes_no_folder(file, tmp_path):
    result = cohp("batch", file("{broken"), *ASK, "--out", tmp_path / "all")
    assert result.exit_code == 2
    assert "Line 1" in result.stderr
    assert not (tmp_path / "all").exists()


def test_tables_and_plain_text_are_read_too(file, tmp_path):
    table = file("prompt,rounds,seed,models\na fox,1,9,fake-ink\na boat,,,\n", "p.csv")
    batch(table, *ASK, "--out", tmp_path / "table")
    first = RunFolder(tmp_path / "table/0001-a-fox").recipe
    assert (first.rounds, first.seed, [each.name for each in first.models]) == (1, 9, ["fake-ink"])
    assert RunFolder(tmp_path / "table/0002-a-boat").recipe.rounds == 2
    text = file("a fox\n\na boat\n", "p.txt")
    told = batch(text, *ASK, "--out", tmp_path / "text")
    assert [each["run"].rpartition("/")[2] for each in told["runs"]] == [
        "0001-a-fox",
        "0002-a-boat",
    ]


def test_what_failed_is_listed_and_tried_again(file, tmp_path, monkeypatch):
    plain = FakeGenerator.draw

    def draw(self, shots, parents):
        if any("1" in shot.prompt for shot in shots):
            raise ValueError("not this one")
        return plain(self, shots, parents)

    folder = tmp_path / "all"
    with monkeypatch.context() as broken:
        broken.setattr(FakeGenerator, "draw", draw)
        told = batch(file(prompts(3)), *ASK, "--out", folder, code=5)
        assert [bool(each["reason"]) for each in told["runs"]] == [False, True, False]
        result = cohp("batch", "--resume", "--out", folder)
        assert result.exit_code == 5
        assert "1 prompt failed; the others are done. Try again: " in result.stderr
        assert f"cohp batch --retry-failed --out {folder}" in result.stderr
        assert "not this one" in (folder / "index.html").read_text()
    told = batch("--retry-failed", "--out", folder)
    assert all(each["score"] for each in told["runs"])
    assert (folder / "0002-scene-1.failed-1").exists()


def test_killed_in_the_middle_it_goes_on_and_ends_the_same(file, tmp_path):
    asked = (file(prompts(12)), *SMALL, "--rounds", 4, "--seed", 5, "--together", 3)
    whole = batch(*asked, "--out", tmp_path / "whole")
    folder = tmp_path / "killed"
    started = process("batch", *asked, "--out", folder, "--quiet")
    deadline = time.monotonic() + 100
    while len(list(folder.glob("*/best.png"))) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    started.communicate()
    recorded = {
        journal.parent.name: journal.read_text().count('"kind": "shot"')
        for journal in folder.glob("*/journal.jsonl")
    }
    assert recorded
    told = batch("--resume", "--out", folder, "--together", 3)
    for one, other in zip(told["runs"], whole["runs"], strict=True):
        assert {**one, "run": 0, "seconds": 0} == {**other, "run": 0, "seconds": 0}
        assert scores(one["run"]) == scores(other["run"])
    for name in recorded:
        shots = [
            line["id"]
            for line in map(json.loads, (folder / name / "journal.jsonl").read_text().splitlines())
            if line["kind"] == "shot"
        ]
        assert len(shots) == len(set(shots))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name a file of prompts"),
        (("--resume",), "with --out"),
        (("--resume", "--out", "nowhere"), "holds no batch"),
        (("--resume", "--out", "nowhere", "--rounds", "3"), "knows its prompts and its recipe"),
    ],
)
def test_what_cannot_be_begun_is_said(words, said):
    result = cohp("batch", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_folder_that_holds_a_batch_already_is_not_begun_again(file, tmp_path):
    asked = (file(prompts(1)), *ASK, "--out", tmp_path / "all")
    batch(*asked)
    result = cohp("batch", *asked)
    assert result.exit_code == 4
    assert f"cohp batch --resume --out {tmp_path / 'all'}" in result.stderr
