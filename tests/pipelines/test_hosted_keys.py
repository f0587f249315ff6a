"""Hosted models: the key goes to whom it belongs, and nowhere else."""

from __future__ import annotations

import logging

import pytest
from hosted_samples import KEY, draw, generator, reason, shot
from images_service import answer, serving

from cohp.errors import BadInput, Missing
from cohp.naming import resolve
from cohp.pipelines.hosted import HostedGenerator
from cohp.types import Drawn


def test_a_missing_key_is_said_before_anything_is_sent(monkeypatch):
    monkeypatch.delenv("PICTURES_KEY")
    with serving(answer()) as (address, asked), pytest.raises(Missing, match="export PICTURES_KEY"):
        generator(address)
    assert asked == []


def test_a_refused_key_ends_the_run_and_is_never_shown(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with serving((401, {}, {"error": {"message": f"Incorrect API key provided: {KEY}"}})) as (
        address,
        asked,
    ):
        with pytest.raises(BadInput) as refused:
            draw(address)
        said = f"{refused.value} {refused.value.__cause__} {refused.value.__context__}"
    assert "the key in PICTURES_KEY" in said
    assert len(asked) == 1
    captured = capfd.readouterr()
    assert KEY not in said + caplog.text + captured.out + captured.err


def test_a_redirect_is_not_followed_with_the_key():
    with serving(answer()) as (elsewhere, asked):
        moved = (307, {"Location": f"{elsewhere}/images/generations"}, b"")
        with serving(moved) as (address, _):
            assert "answered 307" in reason(address)
    assert asked == []


def test_a_key_does_not_travel_unencrypted():
    with pytest.raises(BadInput, match="unencrypted"):
        generator("http://pictures.example/v1")


def test_a_local_server_needs_no_key(monkeypatch):
    monkeypatch.delenv("COHP_API_KEY", raising=False)
    with serving(answer()) as (address, asked):
        model = resolve(f"openai:sd@{address}")
        (drawn,) = HostedGenerator(model).draw([shot()], {})
    assert isinstance(drawn, Drawn)
    assert "Authorization" not in asked[0][1]
    assert not model.refines
