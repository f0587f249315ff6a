"""Hosted models: asked again after a wait, side by side, and not for ever."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hosted_samples import draw, reason, shot
from images_service import answer, serving

from cohp.errors import BadInput
from cohp.types import Drawn


def test_a_service_that_is_busy_is_asked_again_when_it_says():
    slept = []
    with serving((429, {"Retry-After": "7"}, {"error": {"message": "slow down"}}), answer()) as (
        address,
        asked,
    ):
        (drawn,) = draw(address, slept=slept)
    assert isinstance(drawn, Drawn)
    assert len(asked) == 2
    assert slept == [7.0]


@pytest.mark.parametrize(
    ("asked_for", "least", "most"),
    [
        (None, 20, 31),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 1, 2),
        ("soon", 1, 2),
        ("-5", 1, 2),
        ("86400", 60, 60),
    ],
)
def test_a_wait_may_be_a_date_and_has_an_end(asked_for, least, most):
    slept = []
    asked_for = asked_for or format_datetime(datetime.now(UTC) + timedelta(seconds=30))
    with serving((503, {"Retry-After": asked_for}, b"busy"), answer()) as (address, _):
        assert isinstance(draw(address, slept=slept)[0], Drawn)
    assert least <= slept[0] <= most


def test_waits_grow_and_end():
    slept = []
    with serving((500, {}, {"error": {"message": "broken"}})) as (address, asked):
        told = reason(address, slept=slept)
    assert told == "painter answered 500 broken (5 times)"
    assert len(asked) == 5
    assert [wait >= 2**number for number, wait in enumerate(slept)] == [True] * 4
    assert slept == sorted(slept)


def test_shots_are_drawn_side_by_side_and_stay_in_order():
    together, most = [], []

    def slow(body):
        together.append(1)
        most.append(len(together))
        time.sleep(0.1 if body["prompt"] == "0" else 0.02)
        together.pop()
        return answer(revised_prompt=f"drawn {body['prompt']}")

    shots = [shot(index, prompt=str(index)) for index in range(8)]
    with serving(slow) as (address, _):
        drawn = draw(address, *shots, options={"parallel": 4})
    assert [each.facts["revised_prompt"] for each in drawn] == [f"drawn {n}" for n in range(8)]
    assert 1 < max(most) <= 4


def test_a_refusal_spares_the_shots_that_wait():
    with serving((401, {}, {"error": "no"})) as (address, asked):
        with pytest.raises(BadInput):
            draw(address, *(shot(index) for index in range(20)))
        assert len(asked) < 20


def test_a_service_that_hangs_is_asked_twice():
    def slow(_):
        time.sleep(0.6)
        return answer()

    options = {"model": "m", "timeout": 0.2}
    with serving(slow) as (address, asked):
        told = reason(address, options=options)
    assert told == "painter took longer than 0.2 s (2 times)"
    assert len(asked) == 2


def test_a_service_that_is_not_there():
    slept = []
    told = reason("http://127.0.0.1:9/v1", slept=slept)
    assert "could not be reached" in told
    assert len(slept) == 4
