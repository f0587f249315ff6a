"""A reward is loaded once for all who hold it in a process, and goes with the last of them."""

from __future__ import annotations

import gc
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from PIL import Image

import cohp
from cohp.engine import Engine, compose
from cohp.errors import BadInput
from cohp.executors import local
from cohp.executors.local import LocalExecutor
from cohp.executors.planning import plan
from cohp.placement.room import Device, Room
from cohp.reward import loading
from cohp.reward.fake import FakeReward
from cohp.reward.loading import load
from cohp.reward.sharing import held

ASKED = {"prompts": ["a fox"], "images": [Image.new("RGB", (64, 64), "red")]}


def on_processor():
    return {name for name, device in held() if device == "cpu"}


def recipe_of(asked):
    return compose("a fox", **asked)


@pytest.fixture
def made(monkeypatch):
    """What is really loaded, in order."""
    seen = []
    plain = loading._made

    def watched(wanted, place, device):
        seen.append(str(wanted))
        return plain(wanted, place, device)

    monkeypatch.setattr(loading, "_made", watched)
    return seen


def test_the_last_to_close_lets_it_go(made):
    one, other = load("mini-judge"), load("mini-judge")
    assert made == ["mini-judge"]
    assert one.revision == other.revision
    one.close()
    one.close()
    assert other.score(**ASKED)
    with pytest.raises(BadInput, match="closed; load it again"):
        one.score(**ASKED)
    assert on_processor() == {"mini-judge"}
    other.close()
    assert not on_processor()
    load("mini-judge").close()
    assert made == ["mini-judge"] * 2


def test_in_an_ensemble_too_but_not_with_other_options(made):
    alone, together = load("mini-judge"), load("mini-judge*2+fake")
    coarse = load("mini-judge:dtype=bfloat16")
    assert sorted(made) == ["fake", "mini-judge", "mini-judge:dtype=bfloat16"]
    assert on_processor() == {"mini-judge", "mini-judge:dtype=bfloat16"}
    for each in (alone, together, coarse):
        each.close()
    assert not on_processor()


def test_a_holder_that_is_forgotten_holds_nothing():
    forgotten, kept = load("mini-judge"), load("mini-judge")
    del forgotten
    gc.collect()
    kept.close()
    assert not on_processor()
    kept = load("mini-judge")
    assert on_processor()
    del kept
    gc.collect()
    assert not on_processor()


def test_runs_and_a_scorer_judge_by_the_same_copy(made, tmp_path):
    with cohp.Scorer("mini-judge", cache=False) as scorer, Engine() as engine:
        asked = {"models": ["fake-ink"], "reward": "mini-judge", "per_model": 1, "rounds": 1}
        result = engine.run(recipe_of(asked), out=tmp_path / "run")
        (again,) = scorer.score([result.image], prompt="a fox")
    assert made == ["mini-judge"]
    assert again.score.mean == pytest.approx(result.score.mean, abs=1e-5)


def test_it_scores_for_one_holder_at_a_time(monkeypatch):
    meeting = Barrier(2)

    def score(_, *, prompts, images):
        with pytest.raises(BrokenBarrierError):
            meeting.wait(0.2)  # nobody else comes
        return []

    monkeypatch.setattr(FakeReward, "score", score)
    holders = [load("fake"), load("fake")]
    threads = [
        Thread(target=lambda each=each: each.score(prompts=[], images=[])) for each in holders
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for each in holders:
        each.close()


def test_what_others_hold_is_gone_from_what_is_free_and_counted_once(monkeypatch):
    free = Room((Device("cpu", 10**9),), 10**9)
    monkeypatch.setattr(local, "room", lambda *_, **__: free)
    recipe = recipe_of({"models": ["mini-poster"], "reward": "mini-judge"})
    reward = load("mini-judge")
    with_others = LocalExecutor().plan([recipe])
    reward.close()
    (held,) = with_others.judges
    (alone,) = plan([recipe], free).judges
    assert (held.weights, held.scoring) == (0, alone.scoring)
    assert alone.weights > 0
    assert LocalExecutor().plan([recipe]).judges == (alone,)


def test_a_budget_is_for_all_of_it():
    recipe = recipe_of({"models": ["mini-poster"], "reward": "mini-judge", "memory": "2GB"})
    reward = load("mini-judge")
    (judge,) = LocalExecutor().plan([recipe]).judges
    reward.close()
    assert judge.weights > 0


def test_what_an_executor_holds_itself_stays_when_it_looks_at_memory_anew(made, tmp_path):
    asked = {"models": ["fake-ink"], "reward": "mini-judge", "per_model": 1, "rounds": 1}
    with Engine() as engine:
        engine.run(recipe_of({**asked, "memory": "2GB"}), out=tmp_path / "within")
        engine.run(recipe_of(asked), out=tmp_path / "without")
    assert made == ["mini-judge"]
