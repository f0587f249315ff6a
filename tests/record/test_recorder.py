"""The run folder: what is kept for whom, and what is refused when it was tampered with."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest
from small import make_recipe

from cohp.catalogue import find
from cohp.engine import Engine
from cohp.errors import RunDamaged
from cohp.events import Note
from cohp.pipelines.fake import FakeGenerator
from cohp.record import files, recorder
from cohp.record.folder import RunFolder
from cohp.record.places import new_folder
from cohp.record.recorder import Recorder

ONE = {"models": ["fake-ink"], "rounds": 1}


@pytest.fixture
def run(tmp_path):
    with Engine() as engine:
        engine.run(make_recipe(**ONE), out=tmp_path / "run")
    return tmp_path / "run"


def resume(run, **how):
    events = []
    with Engine() as engine:
        result = engine.resume(run, rounds=2, on_event=events.append, **how)
    return result, [event.text for event in events if isinstance(event, Note)]


def best_of_last_round(run):
    entries = RunFolder(run).entries.values()
    return max((each for each in entries), key=lambda each: each.mean)


def test_damaged_latents_of_a_parent_are_named(run):
    path = run / "latents" / f"{best_of_last_round(run).shot.id}.safetensors"
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(RunDamaged, match=path.name):
        resume(run)


def test_a_parent_without_latents_is_read_back_from_its_image(run):
    (run / "latents" / f"{best_of_last_round(run).shot.id}.safetensors").unlink()
    result, _ = resume(run)
    assert result.shots == 8


def test_a_parents_latents_come_back_exactly(run):
    with Recorder.reopen(run) as folder:
        again = folder.parents(each.shot for each in folder.entries.values())
    (parent,) = again.values()
    (fresh,) = FakeGenerator(find("fake-ink")).draw([parent.shot], {})
    assert parent.latents.dtype == fresh.latents.dtype
    assert np.array_equal(parent.latents, fresh.latents)


def test_other_weights_than_before_are_refused(run, monkeypatch):
    monkeypatch.setattr(FakeGenerator, "revision", "2")
    with pytest.raises(RunDamaged, match="fake-ink is at revision 2, this run was made with 1"):
        resume(run)


def test_another_package_version_is_noted(run, monkeypatch):
    monkeypatch.setattr(recorder, "versions", lambda: {"numpy": "99"})
    _, notes = resume(run)
    assert notes
    assert notes[0].endswith("and is 99: new images may differ a little.")


def test_the_readable_recipe_is_written_but_never_read(run):
    readable = json.loads((run / "recipe.json").read_text())
    assert readable["prompt"] == "a red fox at dawn"
    (run / "recipe.json").write_text("{}")
    result, _ = resume(run)
    assert result.folder.recipe.rounds == 2
    assert json.loads((run / "recipe.json").read_text())["rounds"] == 2


def test_a_draft_is_not_left_behind_where_the_disk_is_full(tmp_path, monkeypatch):
    def fsync(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", fsync)
    with pytest.raises(OSError, match="No space"):
        files.write_whole(tmp_path / "x.png", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_run_killed_before_its_first_line_leaves_a_folder_that_can_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.lock").touch()
    (tmp_path / "run/journal.jsonl").write_bytes(b'{"kind": "sess')
    with Engine() as engine:
        assert engine.run(make_recipe(**ONE), out=tmp_path / "run").shots == 5


def test_two_runs_in_the_same_second_get_two_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = new_folder("Ein Fuchs!")
    first.mkdir(parents=True)
    second = new_folder("Ein Fuchs!")
    assert first.name.endswith("ein-fuchs")
    assert first != second
    assert new_folder("狐").name
