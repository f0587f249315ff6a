"""Hosted models, against a real HTTP server on loopback."""

import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from images_service import answer, picture, serving

from cohp.catalogue import Model
from cohp.errors import BadInput, Missing
from cohp.naming import resolve
from cohp.pipelines.hosted import HostedGenerator
from cohp.types import Drawn, Shot, Unscored

KEY = "sk-very-secret-1234"


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("PICTURES_KEY", KEY)


def generator(address, slept=None, **more):
    # One at a time, so that the server's answers meet the shots in order.
    entry = {**more, "options": {"model": "remote-1", "parallel": 1, **more.get("options", {})}}
    named = {"name": "painter", "generator": "hosted", "key": "PICTURES_KEY"}
    model = Model(source=address, width=64, height=64, **named, **entry)
    return HostedGenerator(model, sleep=(slept if slept is not None else []).append)


def shot(index=0, **more) -> Shot:
    fields = {"prompt": "a red fox", "width": 64, "height": 64, "seed": 9, "round": 0}
    return Shot("painter", index=index, **{**fields, **more})


def draw(address, *shots, **more):
    return list(generator(address, **more).draw(shots or (shot(),), {}))


def reason(address, **more) -> str:
    (each,) = draw(address, **more)
    assert isinstance(each, Unscored)
    return each.reason


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


def test_a_model_that_refuses_to_be_told_the_format_is_not_told():
    refusal = (400, {}, {"error": {"message": "Unknown parameter: 'response_format'."}})
    with serving(refusal, answer()) as (address, asked):
        drawn = draw(address, shot(0), shot(1))
    assert all(isinstance(each, Drawn) for each in drawn)
    assert ["response_format" in body for _, _, body, _ in asked] == [True, False, False]


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


def test_an_unknown_model_ends_the_run():
    with (
        serving((404, {}, {"error": "no such model"})) as (address, _),
        pytest.raises(BadInput, match="no such model"),
    ):
        draw(address)


def test_a_redirect_is_not_followed_with_the_key():
    with serving(answer()) as (elsewhere, asked):
        moved = (307, {"Location": f"{elsewhere}/images/generations"}, b"")
        with serving(moved) as (address, _):
            assert "answered 307" in reason(address)
    assert asked == []


def test_a_key_does_not_travel_unencrypted():
    with pytest.raises(BadInput, match="unencrypted"):
        generator("http://pictures.example/v1")


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


def test_a_local_server_needs_no_key(monkeypatch):
    monkeypatch.delenv("COHP_API_KEY", raising=False)
    with serving(answer()) as (address, asked):
        model = resolve(f"openai:sd@{address}")
        (drawn,) = HostedGenerator(model).draw([shot()], {})
    assert isinstance(drawn, Drawn)
    assert "Authorization" not in asked[0][1]
    assert not model.refines
