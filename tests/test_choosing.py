"""A person overrules the reward: the run goes on from their image, and every replay knows it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import make_recipe

from cohp.choosing import choose, owed
from cohp.engine import Engine
from cohp.errors import BadInput
from cohp.events import RoundDone
from cohp.executors.local import LocalExecutor
from cohp.record.folder import RunFolder
from cohp.record.recorder import Recorder
from cohp.replay import replay
from cohp.report.why import why
from cohp.reporting import story
from cohp.run import Run, retrace


class KilledError(Exception):
    """Stands for a kill between two journal lines."""


class Person(LocalExecutor):
    """Draws, and has a person choose once so many images are drawn; or is killed then."""

    def __init__(self, after, choose=None):
        super().__init__()
        self.left, self.choose = after, choose

    def answer(self, shots, **how):
        for answer in super().answer(shots, **how):
            if self.left == 0:
                if self.choose is None:
                    raise KilledError
                self.choose()
            self.left -= 1
            yield answer


def begin(folder, executor=None, **changes):
    with Engine(executor) as engine:
        return engine.run(make_recipe(**changes), out=folder)


def resume(folder, executor=None, **how):
    with Engine(executor) as engine:
        return engine.resume(folder, **how)


def worst(folder, number=0):
    """Return the worst image of a round: what no search would go on from."""
    row = [each for each in RunFolder(folder).entries.values() if each.shot.round == number]
    return min(row, key=lambda each: each.mean)


def shots(folder):
    return {
        name: (each.score, each.shot.parent) for name, each in RunFolder(folder).entries.items()
    }


def is_settled(folder, result):
    """Check that whoever reads the folder comes to the same verdict, and so does best.png."""
    assert retrace(RunFolder(folder))[1] == result.verdict
    best = RunFolder(folder).entries[result.verdict.best.shot.id]
    assert (folder / "best.png").read_bytes() == (folder / "images" / best.image).read_bytes()
    before = shots(folder)
    assert resume(folder).verdict == result.verdict
    assert shots(folder) == before


def test_a_finished_run_goes_on_from_any_image_also_of_another_model(tmp_path):
    first = begin(tmp_path / "run")
    liked = worst(tmp_path / "run").shot
    result = resume(tmp_path / "run", prefer=liked.id, rounds=2)
    later = [each for each in RunFolder(tmp_path / "run").entries.values() if each.shot.round > 2]
    assert {each.shot.round for each in later} == {3, 4}
    assert {each.shot.parent for each in later if each.shot.round == 3} == {liked.id}
    assert {each.shot.model for each in later} == {liked.model} == {result.verdict.model}
    assert result.verdict.lineage[0].shot == liked
    # Nothing that the person left behind is the result, however it scored.
    assert result.score.mean == max(worst(tmp_path / "run").mean, *(each.mean for each in later))
    (choice,) = RunFolder(tmp_path / "run").choices
    assert (choice.over, choice.round) == (first.verdict.best.shot.id, 3)
    is_settled(tmp_path / "run", result)


def test_chosen_without_rounds_it_is_the_result_and_choosing_again_takes_it_back(tmp_path):
    first = begin(tmp_path / "run")
    liked = worst(tmp_path / "run", 1)
    result = resume(tmp_path / "run", prefer=tmp_path / "run" / "images" / liked.image)
    assert result.verdict.best.shot == liked.shot
    assert result.shots == first.shots
    told = story(RunFolder(tmp_path / "run"))
    assert "A person chose Round 1" in why(told)[0]
    assert "a person's choice" in (tmp_path / "run/report.html").read_text("utf-8")
    is_settled(tmp_path / "run", result)
    again = resume(tmp_path / "run", prefer=first.verdict.best.shot.id)
    assert again.verdict.best == first.verdict.best
    is_settled(tmp_path / "run", again)


@given(st.integers(0, 9), st.sampled_from(["winner", "best"]), st.booleans())
@settings(max_examples=4, deadline=None)
def test_killed_after_any_image_the_choice_holds(tmp_path_factory, done, carry, other):
    base = tmp_path_factory.mktemp("kill")
    search = "halving" if other else "cohp"
    for name in ("whole", "cut"):
        begin(base / name, carry=carry, search=search)
        choose(base / name, worst(base / name).shot.id, 3)
    whole = resume(base / "whole")
    if done < 9:
        with pytest.raises(KilledError):
            resume(base / "cut", Person(done))
    cut = resume(base / "cut")
    assert cut.verdict == whole.verdict
    assert shots(base / "cut") == shots(base / "whole")
    is_settled(base / "cut", cut)


@given(st.integers(0, 8), st.sampled_from([None, 3]))
@settings(max_examples=4, deadline=None)
def test_a_run_at_work_is_overruled_from_its_next_round_on(tmp_path_factory, after, more):
    folder = tmp_path_factory.mktemp("live") / "run"
    with pytest.raises(KilledError):
        begin(folder, Person(1), models=["fake-ink"], per_model=1, rounds=3)
    (first,) = RunFolder(folder).entries
    runs, choices, events = [], [], []
    person = Person(after, lambda: choices.append(runs[-1].prefer(first, more)))
    result = resume(folder, person, on_run=runs.append, on_event=events.append)
    (choice,) = choices
    assert choice.round == after // 3 + 2
    entries = RunFolder(folder).entries.values()
    assert {each.shot.parent for each in entries if each.shot.round == choice.round} <= {first}
    most = max(each.shot.round for each in entries)
    assert most == max(3, choice.round - 1 + (more or 0))
    assert choice in events
    assert [each.round for each in events if isinstance(each, RoundDone)][-1] == most
    assert owed(RunFolder(folder)) is None
    assert runs[-1].prefer(first) is None
    is_settled(folder, result)


def test_what_a_person_chose_is_refined_from_its_own_latents(tmp_path):
    begin(tmp_path / "run", models=["mini-poster"], rounds=1, width=128, height=128)
    liked = worst(tmp_path / "run").shot
    place = tmp_path / "run/latents" / f"{liked.id}.safetensors"
    assert not place.exists()
    result = resume(tmp_path / "run", prefer=liked.id, rounds=1)
    assert place.exists()
    child = next(each for each in result.folder.entries.values() if each.shot.parent == liked.id)
    image = tmp_path / "run/images" / str(child.image)
    assert replay(image, tmp_path / "again.png") <= 1


def test_what_cannot_be_chosen_is_refused_and_nothing_is_written(tmp_path):
    begin(tmp_path / "run", search="best-of-n")
    any_one = worst(tmp_path / "run").shot.id
    for image, more, says in (
        ("nothing.png", None, "no image 'nothing.png'"),
        (any_one, 2, "best-of-n has no rounds"),
    ):
        with pytest.raises(BadInput, match=says):
            resume(tmp_path / "run", prefer=image, rounds=more)
    assert RunFolder(tmp_path / "run").choices == []
    chosen = resume(tmp_path / "run", prefer=any_one)
    assert chosen.verdict.best.shot.id == any_one
    with Recorder.reopen(tmp_path / "run") as recorder:
        run = Run(recorder, LocalExecutor(), lambda _: None)
        with pytest.raises(BadInput, match="no image of this run"):
            run.prefer("nothing")


def test_a_budget_that_ended_a_run_ends_no_rounds_that_a_person_asks_for(tmp_path):
    begin(tmp_path / "run", budget="9images", rounds=64)
    ended = RunFolder(tmp_path / "run").drawn
    result = resume(tmp_path / "run", prefer=worst(tmp_path / "run").shot.id, rounds=2)
    assert result.folder.drawn == ended + 2
    is_settled(tmp_path / "run", result)
