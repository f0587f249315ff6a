"""Hosted models, against a real HTTP server on loopback: what is asked and what comes back."""

from __future__ import annotations

import pytest
from hosted_samples import KEY, draw, generator, reason, shot
from images_service import answer, picture, serving

from cohp.catalogue import catalogue
from cohp.errors import BadInput
from cohp.pipelines.hosted import HostedGenerator
from cohp.types import Drawn, Unscored


def test_an_image_is_asked_for_and_comes_back():
    with serving(answer(revised_prompt="a red fox, painted")) as (address, asked):
        (drawn,) = draw(address, price=0.04)
    path, headers, body, _ = asked[0]
    assert path == "/v1/images/generations"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "remote-1",
        "prompt": "a red fox",
        "n": 1,
        "size": "64x64",
        "response_format": "b64_json",
    }
    assert isinstance(drawn, Drawn)
    assert drawn.image.size == (64, 64)
    assert drawn.latents is None
    assert drawn.facts == {"revised_prompt": "a red fox, painted", "price": 0.04}


def test_what_an_entry_adds_is_sent_and_a_seed_only_where_it_is_wanted():
    options = {"model": "m", "seed": True, "body": {"quality": "high"}}
    with serving(answer()) as (address, asked):
        draw(address, options=options)
    assert asked[0][2]["quality"] == "high"
    assert asked[0][2]["seed"] == 9


def test_jpeg_and_webp_and_data_addresses_are_read():
    for kind in ("JPEG", "WEBP"):
        with serving(answer(f"data:image/x;base64,{picture(kind=kind)}")) as (address, _):
            assert isinstance(draw(address)[0], Drawn)


def test_one_failure_costs_no_other_image():
    with serving(answer(), (400, {}, {"error": {"message": "against the rules"}}), answer()) as (
        address,
        asked,
    ):
        drawn = draw(address, shot(0), shot(1), shot(2))
    assert [type(each) for each in drawn] == [Drawn, Unscored, Drawn]
    assert drawn[1].reason == "painter answered 400 against the rules"
    assert [each.shot.index for each in drawn] == [0, 1, 2]
    assert len(asked) == 3


def test_a_model_that_refuses_to_be_told_the_format_is_not_told():
    refusal = (400, {}, {"error": {"message": "Unknown parameter: 'response_format'."}})
    with serving(refusal, answer()) as (address, asked):
        drawn = draw(address, shot(0), shot(1))
    assert all(isinstance(each, Drawn) for each in drawn)
    assert ["response_format" in body for _, _, body, _ in asked] == [True, False, False]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (b"<html>hello", "did not answer in JSON"),
        (b"[1, 2]", "without an image"),
        (b'{"data": []}', "without an image"),
        (b'{"data": [{"url": "http://elsewhere/x.png"}]}', "sent no b64_json"),
        (b'{"data": [{"b64_json": "!!!"}]}', "is not base64"),
        (b'{"data": [{"b64_json": "aGVsbG8="}]}', "no PNG, JPEG or WebP"),
    ],
)
def test_a_malformed_answer_is_a_reason_and_is_not_paid_for_again(reply, told):
    with serving((200, {}, reply)) as (address, asked):
        assert told in reason(address)
    assert len(asked) == 1


def test_an_image_of_another_kind_is_not_opened():
    with serving(answer(picture(kind="GIF"))) as (address, _):
        assert "no PNG, JPEG or WebP" in reason(address)


def test_an_image_with_too_many_pixels_is_not_opened():
    with serving(answer(picture(9000, 8000))) as (address, _):
        assert "9000x8000" in reason(address)


def test_a_huge_answer_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr("cohp.pipelines.service.LARGEST_ANSWER", 1 << 20)
    with serving((200, {}, b" " * (3 << 20))) as (address, _):
        assert "more than 1 MB" in reason(address)


def test_an_image_of_the_same_shape_is_scaled_and_another_refused():
    with serving(answer(picture(128, 128)), answer(picture(128, 64))) as (address, _):
        scaled, refused = draw(address, shot(0), shot(1))
    assert scaled.image.size == (64, 64)
    assert scaled.facts == {"sent_size": "128x128"}
    assert "drew 128x64 where 64x64 was asked" in refused.reason


def test_an_unknown_model_ends_the_run():
    with (
        serving((404, {}, {"error": "no such model"})) as (address, _),
        pytest.raises(BadInput, match="no such model"),
    ):
        draw(address)


def test_a_shot_with_a_parent_is_answered_with_a_reason():
    with serving(answer()) as (address, asked):
        (refused,) = draw(address, shot(parent="abc", strength=0.5))
    assert "cannot start from an image" in refused.reason
    assert asked == []


def test_the_revision_tells_apart_what_is_asked_for():
    low = generator("https://a.example/v1", options={"model": "m", "body": {"quality": "low"}})
    high = generator("https://a.example/v1", options={"model": "m", "body": {"quality": "high"}})
    assert low.revision != high.revision
    assert low.revision.startswith("https://a.example/v1 m ")


def test_an_option_nobody_knows_is_refused():
    with pytest.raises(BadInput, match="no option 'stepz'"):
        generator("https://a.example/v1", options={"stepz": 3})


def test_the_services_with_an_entry_are_asked_at_their_own_addresses(monkeypatch):
    services = [each for each in catalogue().values() if each.generator == "hosted"]
    assert {each.key for each in services} == {"OPENAI_API_KEY", "GEMINI_API_KEY"}
    for model in services:
        monkeypatch.setenv(model.key, KEY)
        assert HostedGenerator(model).revision.startswith(f"{model.source} {model.name} ")
        assert model.price
        assert not model.refines
