"""Many prompts through the library: the same as one at a time, streamed, each by itself."""

from __future__ import annotations

from itertools import count
from threading import Event

import pytest
from small import FAKES

from cohp.engine import Engine, Job, compose
from cohp.errors import CohpError, Interrupted, NothingScored
from cohp.events import Finished, Started
from cohp.executors.local import LocalExecutor
from cohp.pipelines.fake import FakeGenerator
from cohp.record.folder import RunFolder

SMALL = {
    "models": FAKES,
    "width": 64,
    "height": 64,
    "per_model": 2,
    "rounds": 2,
    "batch": 2,
    "seed": 7,
    "reward": "fake",
}
PROMPTS = [f"a fox in scene {number}" for number in range(5)]


class Swaps(LocalExecutor):
    """The local executor, keeping which models draw and how many images at a time."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def answer(self, shots, **how):
        self.batches.append((shots[0].model, shots[0].round, len(shots)))
        yield from super().answer(shots, **how)


def told(folder):
    return {
        shot: (entry.score, entry.image, entry.shot.parent)
        for shot, entry in RunFolder(folder).entries.items()
    }


@pytest.mark.parametrize("together", [1, 2, 5])
def test_together_gives_what_one_at_a_time_gives(tmp_path, together):
    with Engine() as engine:
        outcomes = list(engine.batch(PROMPTS, out=tmp_path / "all", together=together, **SMALL))
        assert sorted(each.number for each in outcomes) == [1, 2, 3, 4, 5]
        for each in outcomes:
            alone = engine.generate(
                PROMPTS[each.number - 1], out=tmp_path / str(each.number), **SMALL
            )
            assert each.result.verdict == alone.verdict
            assert told(each.folder) == told(alone.run)
            assert each.result.path.read_bytes() == alone.path.read_bytes()
            assert (each.folder / "report.html").exists()


def test_each_model_is_brought_in_once_a_stage_and_batches_are_full(tmp_path):
    executor = Swaps()
    options = {**SMALL, "carry": "best"}
    with Engine(executor) as engine:
        list(engine.batch(PROMPTS, out=tmp_path, together=5, **options))
    opening = [batch for batch in executor.batches if batch[1] == 0]
    assert opening == [("fake-ink", 0, 10), ("fake-wash", 0, 10)]
    for number in (1, 2):
        drawn = [batch for batch in executor.batches if batch[1] == number]
        assert sum(size for *_, size in drawn) == 10
        assert len({model for model, *_ in drawn}) == len(drawn)


def test_the_first_result_is_on_disk_before_the_last_starts(tmp_path):
    events = []

    def hear(number, event):
        if isinstance(event, Started):
            events.append(("started", number, [p.parent.name for p in tmp_path.glob("*/best.png")]))
        if isinstance(event, Finished):
            events.append(("finished", number, event.image.exists()))

    with Engine() as engine:
        list(engine.batch(PROMPTS, out=tmp_path, together=2, on_event=hear, **SMALL))
    assert all(there for what, _, there in events if what == "finished")
    (last,) = (place for place, each in enumerate(events) if each[:2] == ("started", 5))
    assert any(what == "finished" for what, *_ in events[:last])


def test_a_prompt_may_change_its_recipe(tmp_path):
    own = {"prompt": "a boat", "models": ["fake-ink"], "rounds": 1, "seed": 9, "recipe": "quick"}
    with Engine() as engine:
        first, second = sorted(
            engine.batch([own, "a fox"], out=tmp_path, **SMALL), key=lambda each: each.number
        )
    assert first.result.folder.recipe.rounds == 1
    assert [each.name for each in first.result.folder.recipe.models] == ["fake-ink"]
    assert first.result.folder.recipe.pick == "max"
    assert (first.result.seed, second.result.seed) == (9, 7)


def test_a_prompt_that_fails_costs_no_other_its_image(tmp_path, monkeypatch):
    plain = FakeGenerator.draw

    def draw(self, shots, parents):
        if any("2" in shot.prompt for shot in shots):
            raise ValueError("not this one")
        return plain(self, shots, parents)

    monkeypatch.setattr(FakeGenerator, "draw", draw)
    with Engine() as engine:
        outcomes = {each.number: each for each in engine.batch(PROMPTS, out=tmp_path, **SMALL)}
    assert isinstance(outcomes[3].error, NothingScored)
    assert "not this one" in str(outcomes[3].error)
    assert all(outcomes[number].result for number in (1, 2, 4, 5))


def test_a_model_that_is_not_there_fails_its_prompt(tmp_path):
    lacking = {"prompt": "a boat", "models": ["sdxl"]}
    with Engine() as engine:
        one, other = sorted(
            engine.batch(["a fox", lacking], out=tmp_path, **SMALL), key=lambda each: each.number
        )
    assert one.result
    assert isinstance(other.error, CohpError)
    assert not other.folder.exists()


def test_asked_to_stop_it_goes_on_later_from_what_is_there(tmp_path):
    stop = Event()

    def hear(_, event):
        if isinstance(event, Finished):
            stop.set()

    with Engine() as engine:
        cut = list(
            engine.batch(
                PROMPTS, out=tmp_path / "cut", together=2, on_event=hear, stop=stop, **SMALL
            )
        )
        assert any(each.result for each in cut)
        assert all(each.result or isinstance(each.error, Interrupted) for each in cut)
        list(engine.batch(PROMPTS, out=tmp_path / "cut", **SMALL))
        list(engine.batch(PROMPTS, out=tmp_path / "whole", **SMALL))
    for folder in (tmp_path / "whole").iterdir():
        assert told(tmp_path / "cut" / folder.name) == told(folder)


def test_leaving_the_loop_early_ends_the_batch(tmp_path):
    """The prompts have no end here: only leaving brings the batch to one."""
    made = compose("a fox", **{**SMALL, "rounds": 1})
    jobs = (Job(number, made, tmp_path / str(number)) for number in count(1))
    with Engine() as engine:
        for _ in engine.work(jobs, together=1):
            break
    assert (tmp_path / "1" / "best.png").exists()
