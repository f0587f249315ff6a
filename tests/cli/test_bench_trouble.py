"""What a benchmark meets and survives, and what it refuses."""

from __future__ import annotations

import signal

import pytest
from bench_running import bench, rows
from bench_samples import hpsv2_folder
from command import cohp

from cohp.bench import running
from cohp.bench.ledger import Ledger
from cohp.types import Score


def test_bad_prompts_are_said_and_tell_the_exit_code(tmp_path):
    prompts = tmp_path / "p.csv"
    prompts.write_text("prompt,category\na fox,zoo\n,zoo\na cat\n")
    result = bench(tmp_path / "b", "--models", "fake-ink", prompts=prompts)
    assert result.exit_code == 5
    assert "line 3: the prompt is empty" in result.stderr
    assert "line 4: it has 1 fields" in result.stderr
    assert "2 prompts could not be used" in result.stderr
    assert rows(result)["fake-ink", "fake"]["images"] == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Nobody takes part"),
        (("--models", "fake-inc"), 2, "Did you mean fake-ink"),
        (("--models", "fake-ink", "--recipe", "quik"), 2, "Did you mean quick"),
        (("--models", "fake-ink,fake-ink"), 2, "Two contestants are called 'fake-ink'"),
        (("--models", "fake-ink", "--category", "foks"), 2, "Did you mean fox"),
        (("--models", "fake-ink", "--reward", "hpsv9"), 2, "Did you mean hpsv"),
        (("--models", "fake-ink", "--reward", "hpsv3"), 3, "cohp rewards --get hpsv3"),
        (("--images", "mine"), 2, "write --images NAME=FOLDER"),
        (("--images", "mine=nowhere"), 2, "There is no folder nowhere"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_made(tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    result = bench(tmp_path / "b", *words)
    assert result.exit_code == code
    assert said in result.stderr
    assert not (tmp_path / "b").exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/notes.txt").write_text("mine")
    result = bench(tmp_path / "b", "--models", "fake-ink")
    assert result.exit_code == 4
    assert "already holds something else" in result.stderr
    for command in ("resume", "show"):
        told = cohp("bench", command, tmp_path)
        assert told.exit_code == 4
        assert "holds no benchmark" in told.stderr


def test_other_weights_than_before_are_refused(tmp_path, monkeypatch):
    folder = tmp_path / "b"
    bench(folder, "--models", "fake-ink", "--limit", 1)
    monkeypatch.setattr("cohp.pipelines.fake.FakeGenerator.revision", "2")
    refused = bench(folder, "--models", "fake-ink")
    assert refused.exit_code == 4
    assert "model fake-ink is at revision 2" in refused.stderr


def test_an_image_that_cannot_be_drawn_is_said_and_tried_again(tmp_path, monkeypatch):
    folder = tmp_path / "b"
    whole = running.LocalExecutor.answer

    def broken(self, shots, **more):
        monkeypatch.setattr("cohp.pipelines.fake._paint", None)
        yield from whole(self, shots, **more)

    with monkeypatch.context() as patched:
        patched.setattr(running.LocalExecutor, "answer", broken)
        result = bench(folder, "--models", "fake-ink", "--limit", 1)
        assert result.exit_code == 5
        assert "it could not be drawn" in (folder / "tables.md").read_text()
        monkeypatch.undo()
    again = bench(folder, "--models", "fake-ink", "--limit", 1)
    assert again.exit_code == 0
    assert rows(again)["fake-ink", "fake"]["images"] == 2


def test_a_batch_that_does_not_fit_is_halved_and_noted(tmp_path):
    words = ("--models", "fake-ink:room=2", "--batch", 4)
    prompts = tmp_path / "prompts.jsonl"
    whole = bench(tmp_path / "b", *words)
    assert whole.exit_code == 0
    told = cohp("bench", "run", prompts, *words, "--size", 64, "--out", tmp_path / "c")
    assert "note: fake-ink:room=2: 4 at once do not fit; going on with 2." in told.stderr


def test_a_search_without_a_score_is_a_reason(tmp_path, monkeypatch):
    folder = tmp_path / "b"
    words = ("--recipe", "quick", "--candidates", "fake-ink", "--limit", 1)
    with monkeypatch.context() as patched:
        nothing = [Score(float("nan"))]
        patched.setattr(
            "cohp.reward.fake.FakeReward.score", lambda _, prompts, images: nothing * len(images)
        )
        refused = bench(folder, *words)
        assert refused.exit_code == 5
        assert "No image could be scored: the reward gave no number" in (
            (folder / "tables.md").read_text()
        )
    # The run is recorded as it was: what its reward said then stays said.
    assert bench(folder, *words).exit_code == 5


def test_a_stop_between_prompts_goes_on_later(tmp_path, monkeypatch):
    whole = Ledger.put

    def stopping(self, *more):
        whole(self, *more)
        signal.raise_signal(signal.SIGINT)

    for words in (("--models", "fake-ink", "--batch", 1), ("--recipe", "quick")):
        folder = tmp_path / words[0]
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "put", stopping)
            stopped = bench(folder, *words, "--candidates", "fake-ink")
        assert stopped.exit_code == 130
        assert f"Go on with: cohp bench resume {folder}" in stopped.stderr
        assert "1 of 6" in (folder / "tables.md").read_text()
        assert cohp("bench", "resume", folder, "--json").exit_code == 0


def test_one_process_at_a_time_works_on_a_folder(tmp_path):
    folder = tmp_path / "b"
    with Ledger(folder):
        busy = bench(folder, "--models", "fake-ink")
    assert busy.exit_code == 4
    assert "Another process is working on" in busy.stderr
    (tmp_path / "file").write_text("")
    refused = bench(tmp_path / "file/b", "--models", "fake-ink", prompts=hpsv2_folder(tmp_path))
    assert refused.exit_code == 2
    assert "Name another folder with --out" in refused.stderr


def test_a_benchmark_that_never_began_is_said(tmp_path):
    with Ledger(tmp_path / "b"):
        pass
    told = cohp("bench", "resume", tmp_path / "b")
    assert told.exit_code == 4
    assert "never began" in told.stderr
    assert bench(tmp_path / "b", "--models", "fake-ink").exit_code == 0
