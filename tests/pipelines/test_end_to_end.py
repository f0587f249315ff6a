"""A run over two families, from folders on disk: killed anywhere it resumes to the same end."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from small import make_recipe
from tiny import tiny

from cohp import catalogue
from cohp.executors.local import LocalExecutor
from cohp.pipelines.diffusers import DiffusersGenerator
from cohp.record.folder import RunFolder
from cohp.record.recorder import Recorder
from cohp.run import Run

MODELS = ("sd15", "flux-schnell")


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


class Killing(LocalExecutor):
    """The local executor with models of its own, gone after so many answers or batches."""

    def __init__(self, *, answers=None, batches=None):
        super().__init__(load_model=self.load)
        self._answers, self._batches = answers, batches

    def load(self, name):
        return DiffusersGenerator(catalogue.find(name), device="cpu")

    def answer(self, shots, **how):
        if self._batches is not None:
            if self._batches == 0:
                raise KilledError
            self._batches -= 1
        for answer in super().answer(shots, **how):
            if self._answers is not None:
                if self._answers == 0:
                    raise KilledError
                self._answers -= 1
            yield answer


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return an own catalogue file with two families that lie in folders."""
    home = tmp_path_factory.mktemp("models")
    entries = []
    for name in MODELS:
        tiny(name).save_pretrained(home / name)
        sizes = "width = 64\nheight = 64\nsteps = 4\n"
        entries.append(f'[tiny-{name}]\ngenerator = "diffusers"\nsource = "{home / name}"\n{sizes}')
    (home / "models.toml").write_text("\n".join(entries))
    return home / "models.toml"


@pytest.fixture(autouse=True)
def _known(models, monkeypatch):
    monkeypatch.setenv("COHP_MODELS", str(models))
    catalogue.catalogue.cache_clear()
    yield
    catalogue.catalogue.cache_clear()


def finish(folder, recipe=None, executor=None):
    executor = executor or Killing()
    begin = Recorder.reopen(folder) if recipe is None else Recorder.begin(folder, recipe)
    try:
        with begin as recorder:
            return Run(recorder, executor, lambda _: None).finish()
    finally:
        executor.close()


def recipe():
    names = [f"tiny-{name}" for name in MODELS]
    return make_recipe(models=names, rounds=3, per_model=2, batch=2, strengths=[0.75, 0.5])


def images(folder):
    """Return every image of a run by its shot, as levels."""
    run = RunFolder(folder)
    return {
        shot: np.asarray(Image.open(run.image(entry))).astype(np.int16)
        for shot, entry in run.entries.items()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory, models):
    """Return a run that nothing disturbed, with its verdict."""
    folder = tmp_path_factory.mktemp("run") / "whole"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COHP_MODELS", str(models))
        catalogue.catalogue.cache_clear()
        return folder, finish(folder, recipe())


def test_the_whole_run_used_both_families_and_refined_one(whole):
    folder, verdict = whole
    entries = RunFolder(folder).entries.values()
    assert {entry.shot.model for entry in entries} == {f"tiny-{name}" for name in MODELS}
    refined = [entry for entry in entries if entry.shot.parent]
    assert {entry.shot.model for entry in refined} == {verdict.model}
    assert len(refined) == 6
    assert all(0 < entry.true_start < 1 for entry in refined)
    assert all(set(entry.facts["look"]) for entry in entries)
    assert all(entry.score for entry in entries)


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_killed_between_rounds_it_resumes_to_identical_images(whole, tmp_path, batches):
    folder, verdict = whole
    with pytest.raises(KilledError):
        finish(tmp_path / "cut", recipe(), Killing(batches=batches))
    assert finish(tmp_path / "cut") == verdict
    before, after = RunFolder(folder).entries, RunFolder(tmp_path / "cut").entries
    assert {shot: entry.image for shot, entry in after.items()} == {
        shot: entry.image for shot, entry in before.items()
    }


@pytest.mark.parametrize("answers", [1, 3, 5, 7])
def test_killed_within_a_batch_it_resumes_to_the_same_images(whole, tmp_path, answers):
    """A shot redrawn alone adds up in another order: at most a level of eight bits apart."""
    folder, verdict = whole
    with pytest.raises(KilledError):
        finish(tmp_path / "cut", recipe(), Killing(answers=answers))
    again = finish(tmp_path / "cut")
    assert (again.model, again.best.shot) == (verdict.model, verdict.best.shot)
    expected, got = images(folder), images(tmp_path / "cut")
    assert got.keys() == expected.keys()
    assert max(int(np.abs(got[shot] - expected[shot]).max()) for shot in expected) <= 1
