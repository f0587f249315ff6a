"""Promises 3 and 4: nothing is lost, and a score stays with its image."""

from __future__ import annotations

import random
from dataclasses import replace
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import make_recipe

from cohp.engine import Engine
from cohp.errors import ExecutorFault, Interrupted, RunUnwritable
from cohp.events import ImageDone, Note, RoundDone
from cohp.executors.local import LocalExecutor
from cohp.pipelines.fake import FakeGenerator
from cohp.record import journal
from cohp.record.folder import RunFolder
from cohp.record.recorder import Recorder
from cohp.run import Run, retrace
from cohp.types import Scored


class Counting(LocalExecutor):
    """The local executor, counting what it is asked for; it may shuffle, stop or lose."""

    def __init__(self, *, shuffle=None, stop_after=None, lose=False):
        super().__init__()
        self.asked = []
        self.shuffle = shuffle
        self.left = stop_after
        self.lose = lose

    def answer(self, shots, **how):
        answers = list(super().answer(shots, **how))
        self.asked += [shot.id for shot in shots]
        if self.shuffle:
            self.shuffle.shuffle(answers)
        for answer in answers[:-1] if self.lose else answers:
            if self.left is not None:
                if self.left == 0:
                    raise KilledError
                self.left -= 1
            yield answer


class KilledError(Exception):
    """Stands for a kill between two journal lines."""


def finish(folder, recipe=None, executor=None, listen=lambda _: None, **resume):
    begin = Recorder.reopen(folder, **resume) if recipe is None else Recorder.begin(folder, recipe)
    with begin as recorder:
        return Run(recorder, executor or LocalExecutor(), listen).finish()


def lines(folder):
    return {
        shot: (entry.score, entry.image, entry.shot.parent)
        for shot, entry in RunFolder(folder).entries.items()
    }


def scores(folder):
    return {shot: (score, parent) for shot, (score, _, parent) in lines(folder).items()}


@given(st.integers(0, 12), st.sampled_from(["winner", "best"]))
@settings(max_examples=25, deadline=None)
def test_killed_after_any_image_it_resumes_to_the_same_verdict(tmp_path_factory, done, carry):
    base = tmp_path_factory.mktemp("kill")
    recipe = make_recipe(carry=carry, rounds=3)
    whole = finish(base / "whole", recipe)
    with pytest.raises(KilledError):
        finish(base / "cut", recipe, Counting(stop_after=done))
    recorded = set(lines(base / "cut"))
    assert len(recorded) == done
    again = Counting()
    assert finish(base / "cut", executor=again) == whole
    assert not recorded & set(again.asked)
    assert lines(base / "cut") == lines(base / "whole")
    assert (base / "cut/best.png").read_bytes() == (base / "whole/best.png").read_bytes()


@given(st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_in_whatever_order_answers_come_each_score_stays_with_its_image(tmp_path_factory, seed):
    base = tmp_path_factory.mktemp("order")
    recipe = make_recipe()
    verdict = finish(base / "ordered", recipe)
    shuffled = finish(base / "shuffled", recipe, Counting(shuffle=random.Random(seed)))
    assert shuffled == verdict
    assert lines(base / "shuffled") == lines(base / "ordered")


def test_more_rounds_extend_a_finished_run_without_drawing_anything_again(tmp_path):
    recipe = make_recipe(rounds=2)
    finish(tmp_path / "run", recipe)
    before = lines(tmp_path / "run")
    executor = Counting()
    longer = finish(tmp_path / "run", executor=executor, rounds=5)
    assert len(executor.asked) == 3 * recipe.batch
    assert not set(before) & set(executor.asked)
    straight = finish(tmp_path / "straight", make_recipe(rounds=5))
    assert longer == straight
    # The files differ in the recipe they carry, which says 5 rounds in one and 2 in the other.
    assert scores(tmp_path / "run") == scores(tmp_path / "straight")


def test_a_finished_run_has_nothing_left_to_draw(tmp_path):
    verdict = finish(tmp_path / "run", make_recipe())
    executor = Counting()
    assert finish(tmp_path / "run", executor=executor) == verdict
    assert executor.asked == []


def test_a_drawn_image_is_on_disk_whole_before_its_line(tmp_path, monkeypatch):
    plain = journal.Writer.append

    def append(self, data):
        if data["kind"] == "shot":
            folder = tmp_path / "run"
            png = (folder / "images" / data["image"]).read_bytes()
            assert png.endswith(b"IEND\xaeB`\x82")
            assert (folder / "latents" / f"{data['id']}.safetensors").stat().st_size
        plain(self, data)

    monkeypatch.setattr(journal.Writer, "append", append)
    finish(tmp_path / "run", make_recipe())


def test_asked_to_stop_it_records_the_batch_in_hand_and_says_how_to_go_on(tmp_path):
    stop = Event()
    recipe = make_recipe(models=["fake-ink"])

    class Stopping(LocalExecutor):
        def answer(self, shots, **how):
            if shots[0].round == 1:
                stop.set()
                how["stop"] = Event()  # asked while this batch is drawn
            yield from super().answer(shots, **how)

    with (
        Recorder.begin(tmp_path / "run", recipe) as recorder,
        pytest.raises(Interrupted, match="cohp resume"),
    ):
        Run(recorder, Stopping(), lambda _: None, stop).finish()
    assert len(lines(tmp_path / "run")) == recipe.per_model + recipe.batch
    assert retrace(RunFolder(tmp_path / "run")) == (None, None)
    assert (tmp_path / "run/best.png").exists()


def test_no_disk_holds_up_the_drawing(tmp_path, monkeypatch):
    drawn_on = Event()

    class Watched(LocalExecutor):
        def answer(self, shots, **how):
            if shots[0].round == 2:
                drawn_on.set()
            yield from super().answer(shots, **how)

    plain = journal.Writer.append

    def append(self, data):
        # The first image is written only after the last round has begun.
        if data["kind"] == "shot":
            assert drawn_on.wait(60)
        plain(self, data)

    monkeypatch.setattr(journal.Writer, "append", append)
    verdict = finish(tmp_path / "run", make_recipe(), Watched())
    monkeypatch.undo()
    assert verdict == finish(tmp_path / "other", make_recipe())
    assert list(lines(tmp_path / "run")) == list(lines(tmp_path / "other"))


def test_a_disk_that_takes_no_more_ends_the_run(tmp_path, monkeypatch):
    plain = journal.Writer.append

    def append(self, data):
        if data["kind"] == "shot" and data["round"] == 1:
            raise OSError(28, "No space left on device")
        plain(self, data)

    monkeypatch.setattr(journal.Writer, "append", append)
    with pytest.raises(RunUnwritable, match="No space left"):
        finish(tmp_path / "run", make_recipe())
    monkeypatch.undo()
    assert len(lines(tmp_path / "run")) == 4
    assert finish(tmp_path / "run") == finish(tmp_path / "other", make_recipe())


def test_an_executor_that_loses_a_shot_is_found_out(tmp_path):
    with pytest.raises(ExecutorFault, match="round 0"):
        finish(tmp_path / "run", make_recipe(), Counting(lose=True))


def test_events_tell_the_whole_run_in_order(tmp_path):
    events = []
    verdict = finish(tmp_path / "run", make_recipe(), listen=events.append)
    names = [type(event).__name__ for event in events]
    assert names == [
        "Started",
        *["ImageDone"] * 4,
        "RoundDone",
        "Chosen",
        *[*["ImageDone"] * 3, "RoundDone"] * 2,
        "Finished",
    ]
    rounds = [event for event in events if isinstance(event, RoundDone)]
    assert rounds[-1].best.answer == verdict.best
    done = [event.done for event in events if isinstance(event, ImageDone)]
    assert done == list(range(1, 11))
    assert {event.planned for event in events if isinstance(event, ImageDone)} == {10}


def test_a_parent_is_refined_from_its_latents_after_a_resume_too(tmp_path):
    finish(tmp_path / "run", make_recipe(rounds=1))
    kept = {path.stem for path in (tmp_path / "run/latents").iterdir()}
    entries = RunFolder(tmp_path / "run").entries.values()
    last = {entry.shot.id for entry in entries if entry.shot.round == 1}
    parents = {entry.shot.parent for entry in entries if entry.shot.parent}
    assert last | parents <= kept
    assert len(kept) < len(entries)


def test_retracing_a_journal_tells_the_choice_and_the_verdict(tmp_path):
    recipe = make_recipe()
    verdict = finish(tmp_path / "run", recipe)
    chosen, told = retrace(RunFolder(tmp_path / "run"))
    assert told == verdict
    assert chosen.model == verdict.model
    assert all(isinstance(each, Scored) for each in told.lineage)


def test_an_interrupted_run_of_the_library_has_its_reports(tmp_path):
    stop = Event()
    stop.set()
    finish(tmp_path / "run", make_recipe(rounds=1))
    with Engine() as engine, pytest.raises(Interrupted):
        engine.resume(tmp_path / "run", rounds=3, stop=stop)
    assert (tmp_path / "run/report.html").read_text("utf-8").startswith("<!doctype html>")
    assert (tmp_path / "run/sheet.png").exists()


def test_what_a_generator_notes_is_told_once(tmp_path, monkeypatch):
    plain = FakeGenerator.draw

    def draw(self, shots, parents):
        for drawn in plain(self, shots, parents):
            yield replace(drawn, facts={"note": "strength 0.8 runs 6 of 8 steps"})

    monkeypatch.setattr(FakeGenerator, "draw", draw)
    events = []
    finish(tmp_path / "run", make_recipe(), listen=events.append)
    assert [event.text for event in events if isinstance(event, Note)] == [
        "fake-ink: strength 0.8 runs 6 of 8 steps",
        "fake-wash: strength 0.8 runs 6 of 8 steps",
    ]
