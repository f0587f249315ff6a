"""Budgets: spent and never overspent, ended early with a reason, and the same after a resume."""

from __future__ import annotations

from itertools import count

import pytest
from rich.console import Console
from small import FAKES

from cohp import run, spending
from cohp.budget import Budget
from cohp.engine import Engine, compose
from cohp.errors import BadRecipe, Interrupted
from cohp.executors.local import LocalExecutor
from cohp.pipelines.evaluations import evaluations
from cohp.record.folder import RunFolder
from cohp.report.explain import explain
from cohp.reporting import story
from cohp.spending import unlikely
from cohp.types import Score, Scored, Shot

SMALL = {
    "models": FAKES,
    "width": 64,
    "height": 64,
    "per_model": 3,
    "batch": 3,
    "seed": 7,
    "reward": "fake",
}


@pytest.fixture
def hopeful(monkeypatch):
    """Never give up before the budget is spent."""
    monkeypatch.setattr(spending, "LEAST_CHANCE", -1.0)


def go(folder, executor=None, **options):
    with Engine(executor) as engine:
        return engine.generate("a red fox", out=folder, **{**SMALL, **options})


def shot(number, index, mean, std=None):
    made = Shot("m", "p", 64, 64, seed=index, round=number, index=index)
    return Scored(made, Score(mean, std))


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("60s", 60, "seconds"),
        ("1.5 min", 90, "seconds"),
        ("2h", 7200, "seconds"),
        ("200nfe", 200, "nfe"),
        ("1 image", 1, "images"),
    ],
)
def test_a_budget_is_read(text, amount, unit):
    assert Budget.read(text) == Budget(amount, unit)


@pytest.mark.parametrize("text", ["", "60", "s", "0s", "-3s", "3 pounds", "1e9s"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(BadRecipe, match=r"budget: .* is no budget; write 60s"):
        compose("a fox", **SMALL, budget=text or " ")


@pytest.mark.parametrize("images", [2, 7, 20, 31])
def test_images_are_spent_to_the_last_and_not_one_more(tmp_path, images, hopeful):
    result = go(tmp_path / "run", budget=f"{images}images")
    assert result.shots == images
    opening = sum(1 for each in result.folder.entries.values() if each.shot.round == 0)
    assert opening <= max(2, images / 2)
    assert story(RunFolder(tmp_path / "run")).verdict == result.verdict


def test_evaluations_are_counted_as_the_plan_counts_them(tmp_path, hopeful):
    result = go(tmp_path / "run", budget="90nfe", steps=4, guidance=0.0)
    each = [evaluations(entry.shot) for entry in result.folder.entries.values()]
    assert 90 - max(each) < sum(each) <= 90


def test_best_of_n_draws_as_many_as_it_may(tmp_path):
    assert go(tmp_path / "run", budget="11images", search="best-of-n").shots == 10


def test_a_budget_too_small_for_stage_one_is_refused():
    with pytest.raises(BadRecipe, match="takes 2, more than 1 images"):
        compose("a fox", **SMALL, budget="1images")


def test_rounds_that_were_asked_for_are_not_exceeded(tmp_path, hopeful):
    assert go(tmp_path / "run", budget="100images", rounds=2).shots == 2 * 3 + 2 * 3


def test_when_the_time_is_up_it_ends_and_says_so_and_a_resume_ends_there_too(
    tmp_path, hopeful, monkeypatch
):
    clock = count(0, 5)
    monkeypatch.setattr(run, "monotonic", lambda: next(clock))
    result = go(tmp_path / "run", budget="30s")
    assert 6 < result.shots < 40
    folder = RunFolder(tmp_path / "run")
    assert "of 30 seconds are spent" in folder.stopped[1]
    monkeypatch.setattr(run, "monotonic", lambda: 0.0)
    with Engine() as engine:
        again = engine.resume(tmp_path / "run")
        assert (again.verdict, again.shots) == (result.verdict, result.shots)
        page = (tmp_path / "run/report.html").read_text("utf-8")
        assert "stopped early" in page
        told = Console(record=True, width=200)
        told.print(explain(story(RunFolder(tmp_path / "run"))))
        assert "The search stopped early" in told.export_text()
        # Who asks for more rounds has more to spend.
        last = max(each.shot.round for each in folder.entries.values())
        assert engine.resume(tmp_path / "run", rounds=last + 1).shots == result.shots + 3


@pytest.mark.parametrize("done", [0, 4, 6, 8, 13])
def test_interrupted_anywhere_it_spends_the_same(tmp_path, done):
    class Stopping(LocalExecutor):
        left = done

        def answer(self, shots, **how):
            for answer in super().answer(shots, **how):
                if not self.left:
                    return
                self.left -= 1
                yield answer

    whole = go(tmp_path / "whole", budget="17images")
    recipe = compose("a red fox", **SMALL, budget="17images")
    with Engine(Stopping()) as engine, pytest.raises(Interrupted):
        engine.run(recipe, out=tmp_path / "cut", stop=_after(engine))
    assert len(RunFolder(tmp_path / "cut").entries) == done
    with Engine() as engine:
        again = engine.resume(tmp_path / "cut")
    assert again.verdict == whole.verdict
    assert again.shots == whole.shots


def _after(engine):
    """Return a stop that is set once so many images were answered."""

    class Stop:
        def is_set(self):
            return engine._executor.left == 0

    return Stop()


def test_it_gives_up_only_where_the_last_rounds_brought_nothing():
    opening = [shot(0, 0, 1.0, 0.3), shot(0, 1, 0.5, 0.3)]
    flat = [shot(number, index, 0.2 + index / 10) for number in (1, 2, 3) for index in range(4)]
    rising = [
        shot(number, index, number + index / 10) for number in (1, 2, 3) for index in range(4)
    ]
    near = [shot(number, index, 0.6 + index / 8) for number in (1, 2, 3) for index in range(4)]
    assert "the last 3 rounds gained less than 0.03" in unlikely([*opening, *flat])
    assert unlikely([*opening, *rising]) is None
    assert unlikely([*opening, *near]) is None
    assert unlikely([*opening, *flat[:8]]) is None
