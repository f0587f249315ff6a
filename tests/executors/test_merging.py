"""Many searches over one executor: full batches, each answer and each fault to its asker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock
from time import sleep

import pytest
from small import make_recipe

from cohp.errors import BadInput
from cohp.executors.local import LocalExecutor
from cohp.executors.merging import Merging
from cohp.search.base import opening
from cohp.types import Jury, Note, Unscored

JURY = Jury("fake")


class Recording(LocalExecutor):
    """The local executor, keeping what it was asked for at a time."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def answer(self, shots, **how):
        self.asked.append([(shot.model, shot.prompt) for shot in shots])
        if any(shot.prompt == "broken" for shot in shots):
            raise BadInput("broken")
        yield Note("drawing")
        yield from super().answer(shots, **how)


def shots(prompt, **changes):
    return opening(make_recipe(prompt=prompt, **changes)).shots


def ask(seat, asked, stop=None):
    got = list(seat.answer(asked, jury=JURY, parents={}, stop=stop or Event()))
    seat.close()
    return [each for each in got if not isinstance(each, Note)]


def at_once(inner, *asks, patience=None):
    with Merging(inner, patience) as merging, ThreadPoolExecutor() as pool:
        seats = [merging.seat() for _ in asks]
        futures = [pool.submit(ask, *each) for each in zip(seats, asks, strict=True)]
        return [future.exception() or future.result() for future in futures]


def test_what_is_asked_together_is_drawn_model_by_model_and_comes_back_to_who_asked():
    inner = Recording()
    asks = [shots(prompt) for prompt in ("a", "b", "c")]
    answers = at_once(inner, *asks)
    assert [{each.shot for each in got} for got in answers] == [set(each) for each in asks]
    assert [(len(group), {model for model, _ in group}) for group in inner.asked] == [
        (6, {"fake-ink"}),
        (6, {"fake-wash"}),
    ]
    alone = list(LocalExecutor().answer(asks[1], jury=JURY, parents={}, stop=Event()))
    by_id = {each.shot.id: each for each in answers[1]}
    for each in alone:
        same = by_id[each.shot.id]
        assert (same.score, same.drawn.image.tobytes()) == (
            each.score,
            each.drawn.image.tobytes(),
        )


def test_the_model_at_work_goes_first_in_the_next_wave():
    inner = Recording()
    with Merging(inner) as merging:
        for _ in range(2):
            ask(merging.seat(), shots("a"))
    assert [group[0][0] for group in inner.asked] == [
        "fake-ink",
        "fake-wash",
        "fake-wash",
        "fake-ink",
    ]


def test_equal_shots_of_two_searches_are_drawn_once():
    inner = Recording()
    one, other = at_once(inner, shots("a"), shots("a"))
    assert sum(map(len, inner.asked)) == len(one) == len(other) == 4


def test_a_fault_reaches_those_whose_shots_it_hit_alone():
    # Another size, so that the two do not share a batch.
    fine, broken = at_once(Recording(), shots("a"), shots("broken", width=128))
    assert len(fine) == 4
    assert isinstance(broken, BadInput)


def test_another_jury_is_another_batch():
    inner = Recording()

    def refereed(seat):
        return list(seat.answer(asked, jury=Jury("fake", "fake"), parents={}, stop=Event()))

    asked = shots("a")
    with Merging(inner) as merging, ThreadPoolExecutor() as pool:
        plain, judged = merging.seat(), merging.seat()
        first = pool.submit(ask, plain, asked)
        told = [each for each in refereed(judged) if not isinstance(each, Note)]
        judged.close()
    assert all(each.referee is None for each in first.result())
    assert all(each.referee is not None for each in told)


def test_it_waits_no_longer_than_its_patience_for_who_does_not_ask():
    with Merging(Recording(), patience=0.05) as merging:
        merging.seat()
        assert len(ask(merging.seat(), shots("a"))) == 4


def test_a_search_that_is_told_to_stop_gets_no_more_and_the_others_do():
    stop = Event()
    stop.set()
    with Merging(Recording()) as merging, ThreadPoolExecutor() as pool:
        seats = [merging.seat(), merging.seat()]
        other = pool.submit(ask, seats[0], shots("a"))
        ended = ask(seats[1], shots("b", width=128), stop)
    assert len(other.result()) == 4
    assert ended == []


def test_revisions_are_those_of_what_a_search_used():
    with Merging(Recording()) as merging:
        ask(merging.seat(), shots("a"))
        seat = merging.seat()
        ask(seat, shots("a", models=["fake-ink"]))
    assert set(seat.revisions()) == {"model fake-ink", "reward fake"}


def test_what_cannot_be_drawn_is_an_answer(monkeypatch):
    class Failing(Recording):
        def answer(self, shots, **how):
            for each in super().answer(shots, **how):
                if isinstance(each, Note):
                    yield each
                else:
                    yield Unscored(each.shot, "no")

    (got,) = at_once(Failing(), shots("a"))
    assert {each.reason for each in got} == {"no"}
    assert replace(got[0], reason="no") == got[0]


@pytest.mark.parametrize("slots", [1, 3])
def test_a_seat_that_is_left_holds_nobody_up(slots):
    with Merging(Recording()) as merging:
        idle = [merging.seat() for _ in range(slots)]
        for seat in idle:
            seat.close()
        assert len(ask(merging.seat(), shots("a"))) == 4


class Alone(LocalExecutor):
    """Notices when two threads are in it at once, as lazy imports would."""

    def __init__(self):
        super().__init__()
        self.inside, self.crowded = Lock(), False

    def _enter(self):
        self.crowded |= not self.inside.acquire(blocking=False)
        sleep(0.01)

    def require(self, models, jury):
        self._enter()
        super().require(models, jury)
        self.inside.release()

    def answer(self, shots, **how):
        self._enter()
        yield from super().answer(shots, **how)
        self.inside.release()


def test_one_thread_at_a_time_is_in_the_executor():
    inner = Alone()

    def work(seat, prompt):
        seat.require(["fake-ink"], JURY)
        return ask(seat, shots(prompt))

    with Merging(inner, patience=0.001) as merging, ThreadPoolExecutor(8) as pool:
        seats = [merging.seat() for _ in range(8)]
        done = list(pool.map(work, seats, "abcdefgh"))
    assert len(done) == 8
    assert not inner.crowded


def test_who_is_stopped_alone_does_not_wait_for_what_the_others_have_drawn():
    stopped, gone = Event(), Event()

    class Slow(LocalExecutor):
        def answer(self, shots, **how):
            for number, each in enumerate(super().answer(shots, **how)):
                # The last ones are drawn only once who was stopped has gone.
                assert number < len(shots) - 1 or gone.wait(60)
                yield each
                stopped.set()

    with Merging(Slow()) as merging, ThreadPoolExecutor() as pool:
        seats = merging.seat(), merging.seat()
        own = shots("a", models=["fake-ink"])
        others = shots("b", models=["fake-ink"])
        first = pool.submit(ask, seats[0], own, stopped)
        second = pool.submit(ask, seats[1], others)
        assert len(first.result(60)) < len(own) + len(others)
        gone.set()
        assert len(second.result(60)) == len(others)
