"""Bad input: one clear sentence, an exit code, no traceback, and nothing damaged."""

from __future__ import annotations

import errno
import json
import os
import signal
import time

import pytest
from command import SMALL, cohp, generate, process
from PIL import Image

from cohp.record import files, journal, recorder
from cohp.record.folder import RunFolder
from cohp.record.metadata import encode

FAKE = ("--models", "fake-ink")


def refused(result, code: int, *said: str) -> None:
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    for each in said:
        assert each in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["", "--dry-run"], "the prompt is empty"),
        (["   ", "--dry-run"], "the prompt is empty"),
        (["x" * 10_000, "--dry-run"], "this one has 10000"),
        (["fox", "--models", "fake-inc"], "Did you mean fake-ink"),
        (["fox", "--models", "fake-ink,fake-ink"], "named twice"),
        (["fox", "--reward", "fakes"], "Did you mean fake"),
        (["fox", "--search", "chop"], "Did you mean cohp"),
        (["fox", "--recipe", "papers"], "Did you mean paper"),
        (["fox", "--rounds", "0"], "rounds: "),
        (["fox", "--rounds", "-3"], "rounds: "),
        (["fox", "--rounds", "many"], "'many' is not a valid integer"),
        (["fox", "--batch", "0"], "batch: "),
        (["fox", "--per-model", "0"], "per_model: "),
        (["fox", "--strengths", "0"], "strengths"),
        (["fox", "--strengths", "1.2"], "strengths"),
        (["fox", "--strengths", "half"], "write 0.8,0.6,0.4"),
        (["fox", "--size", "100", *FAKE], "multiples of 8"),
        (["fox", "--size", "8", *FAKE], "64"),
        (["fox", "--size", "80000", *FAKE], "4096"),
        (["fox", "--size", "512"], "mini-poster draws up to 128 pixels"),
        (["fox", "--size", "big"], "write 512 or 768x512"),
        (["fox", "--seed", "-1"], "seed: "),
        (["fox", "--seed", str(2**32)], "seed: "),
        (["fox", "--pick", "worst"], "'worst' is not one of"),
    ],
)
def test_a_bad_option_is_refused_before_anything_is_made(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(cohp("generate", *words), 2, said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rounds = 2\nround = 4\n", "line 2: round: there is no such key"),
        ('rounds = 2\nbatch = "4"\n', "line 2: batch: "),
        ("\n\nstrengths = [0.8, 2.0]\n", "line 3: strengths"),
        ("strengths = { begin = 0.8 }\n", "line 1: strengths"),
        ("rounds = \n", "line 1"),
        ('models = ["nobody"]\n', "no model called 'nobody'"),
        ("models = 3\n", "line 1: models: "),
        ('models = [{ name = "fake-ink", steps = 0 }]\n', "line 1: models"),
        ('models = ["fake-ink"]\nwidth = 100\n', "line 2: width: fake-ink draws"),
        ("[strength]\nstart = 1\n", "line 1: strength: there is no such key"),
    ],
)
def test_a_bad_recipe_file_is_refused_with_the_line(text, said, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    refused(cohp("generate", "fox", "--recipe", path), 2, said)


def test_a_recipe_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b'negative = "\xe9"\n')
    refused(cohp("generate", "fox", "--recipe", tmp_path / "latin.toml"), 2, "UTF-8")
    refused(cohp("generate", "fox", "--recipe", tmp_path / "none.toml"), 2, "cannot be read")


def test_a_folder_with_another_run_or_with_files_is_left_alone(tmp_path):
    generate(tmp_path / "run")
    before = (tmp_path / "run/journal.jsonl").read_bytes()
    words = ("generate", "a fox", *SMALL, "--out")
    refused(cohp(*words, tmp_path / "run"), 4, "cohp resume")
    assert (tmp_path / "run/journal.jsonl").read_bytes() == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    refused(cohp(*words, tmp_path / "mine"), 4, "already holds something else")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    refused(cohp("generate", "fox", *SMALL, "--out", tmp_path / "file/run"), 2, "--out")


@pytest.mark.parametrize("command", ["resume", "show"])
def test_a_folder_without_a_run_is_refused(command, tmp_path):
    refused(cohp(command, tmp_path), 4, "holds no run")
    refused(cohp(command, tmp_path / "none"), 4, "holds no run")


@pytest.mark.parametrize("command", ["resume", "show"])
def test_a_damaged_journal_is_named_and_left_as_it_is(command, tmp_path):
    generate(tmp_path / "run")
    path = tmp_path / "run/journal.jsonl"
    damaged = path.read_text().replace('"index": 1', '"index": 7', 1)
    path.write_text(damaged)
    refused(cohp(command, tmp_path / "run"), 4, "line ", "was changed or lost")
    assert path.read_text() == damaged


def test_a_lost_or_changed_image_is_named(tmp_path):
    generate(tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    best = max(run.entries.values(), key=lambda entry: entry.mean)
    image = run.images / best.image
    image.write_bytes(image.read_bytes()[:-1])
    refused(cohp("resume", run.path, "--rounds", 3), 4, best.image)
    image.unlink()
    refused(cohp("resume", run.path, "--rounds", 3), 4, best.image)


def test_a_full_disk_is_said_and_loses_nothing(tmp_path, monkeypatch):
    whole = generate(tmp_path / "whole")
    written = []

    def write_whole(path, data):
        if path.parent.name == "images":
            if len(written) == 5:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written.append(path)
        files.write_whole(path, data)

    monkeypatch.setattr(recorder, "write_whole", write_whole)
    words = ("generate", "a red fox", *SMALL, "--rounds", 2, "--seed", 5, "--out", tmp_path / "run")
    refused(cohp(*words), 4, "No space left on device", "cohp resume")
    monkeypatch.undo()
    resumed = json.loads(cohp("resume", tmp_path / "run", "--json").stdout)
    assert resumed["score"] == whole["score"]


def test_a_folder_that_turns_read_only_is_said(tmp_path, monkeypatch):
    def append(self, data):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(journal.Writer, "append", append)
    refused(cohp("generate", "fox", *SMALL, "--out", tmp_path / "run"), 4, "Permission denied")


def test_a_second_process_on_a_run_is_turned_away(tmp_path):
    slow = ("--models", "fake-ink", "--size", 512, "--per-model", 400, "--rounds", 1)
    first = process("generate", "a fox", *slow, "--out", tmp_path / "run", "--quiet")
    try:
        path = tmp_path / "run/journal.jsonl"
        deadline = time.monotonic() + 60
        while not (path.exists() and path.stat().st_size):
            assert time.monotonic() < deadline
            assert first.poll() is None, first.stderr.read()
            time.sleep(0.05)
        refused(cohp("resume", tmp_path / "run"), 4, "Another process")
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cannot be read as a PNG"),
        (b"not a png", "cannot be read as a PNG"),
        (None, "There is no file"),
    ],
)
def test_a_png_without_a_recipe_is_refused(data, said, tmp_path):
    path = tmp_path / "other.png"
    if data is not None:
        path.write_bytes(data)
    refused(cohp("replay", path), 2, said)


def test_a_png_of_another_tool_or_with_a_broken_recipe_is_refused(tmp_path):
    for chunks, said in (
        ({}, "no recipe inside"),
        ({"cohp": "{"}, "damaged"),
        ({"cohp": '{"lineage": [{"model": 1}]}'}, "damaged"),
    ):
        (tmp_path / "x.png").write_bytes(encode(Image.new("RGB", (8, 8)), chunks))
        refused(cohp("replay", tmp_path / "x.png"), 2, said)


def test_a_command_that_is_not_there_is_refused():
    assert cohp("generat").exit_code == 2


def test_a_model_that_is_not_here_is_said_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "none"))
    result = cohp("generate", "a fox", "--models", "fake-ink,flux-schnell")
    refused(result, 3, "flux-schnell is not on this machine", "cohp models --get")
    assert list(tmp_path.iterdir()) == []
