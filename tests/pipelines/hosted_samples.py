"""A hosted model over a service of the test's own, with a key of its own."""

from __future__ import annotations

from cohp.catalogue import Model
from cohp.pipelines.hosted import HostedGenerator
from cohp.types import Shot, Unscored

KEY = "sk-very-secret-1234"


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
