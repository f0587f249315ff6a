"""Our own client against a real server."""

from __future__ import annotations

import pytest
from serving import PROMPT

from cohp.errors import BadInput, ServerRefused
from cohp.server.client import Client


@pytest.fixture
def ours(live):
    return Client(live[0])


def test_a_session(ours, tmp_path):
    begun = ours.start(**PROMPT)
    told = list(ours.events(begun.id))
    assert [each.id for each in told] == list(range(1, len(told) + 1))
    assert told[-1].name == "finished"
    assert list(ours.events(begun.id, told[-1].id)) == []
    first = ours.wait(begun.id)
    assert first.state == "finished"
    ours.extend(begun.id, rounds=1)
    run = ours.wait(begun.id)
    assert run.best is not None
    assert run.done == first.done + 2
    assert [each.id for each in ours.runs()] == [begun.id]

    (tmp_path / "best.png").write_bytes(ours.image(run.best))
    images = [tmp_path / "best.png", ours.image(run.images[0])]
    scored = ours.score(images, PROMPT["prompt"])
    assert [each.score for each in scored] == [run.best.score, run.images[0].score]
    assert ours.rank(images, PROMPT["prompt"])[0].image == 0
    assert ours.compare(*images, PROMPT["prompt"], reward="fake").probability > 0.5


def test_many_and_none(ours):
    runs = ours.batch(["a", {"prompt": "b", "seed": 1}], rounds=1)
    for each in runs:
        assert ours.wait(each.id).state == "finished"
        assert ours.resume(each.id).id == each.id
        assert ours.wait(each.id).done == each.planned


def test_what_goes_wrong_is_one_sentence(ours, live):
    for ask in (ours.get, ours.cancel, ours.resume):
        with pytest.raises(ServerRefused, match="no run called 'nothing'") as refused:
            ask("nothing")
        assert refused.value.status == 404
    with pytest.raises(ServerRefused, match="cohp serve"):
        Client("http://127.0.0.1:9").runs()
    with pytest.raises(BadInput, match="no address"):
        Client("file:///etc/passwd")
    with pytest.raises(ServerRefused, match="no server of CoHP's"):
        Client(f"{live[0]}/openapi.json?").get("x")
