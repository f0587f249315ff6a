"""A machine of two CPUs: a batch and a server on Ray get through, one CPU staying free."""

from __future__ import annotations

import socket
from threading import Event

import pytest
from small import FAKES

from cohp.batch.driving import Where
from cohp.batch.lines import Asked
from cohp.batch.records import Records
from cohp.engine import Engine, compose
from cohp.errors import ServerRefused
from cohp.record.folder import RunFolder
from cohp.server.client import Client
from cohp.server.settings import Settings

pytestmark = pytest.mark.timeout(600)
SMALL = {"models": FAKES, "reward": "fake", "width": 64, "height": 64, "per_model": 2}
SMALL |= {"rounds": 1, "batch": 2}


@pytest.fixture(scope="module")
def laptop(clusters):
    with clusters(1) as made:
        yield made.address


class Ear:
    """Keeps what it hears."""

    def __init__(self, stop=None):
        self.outcomes, self.states, self._stop = [], [], stop

    def done(self, done):
        self.outcomes.append(done)
        if self._stop:
            self._stop.set()

    def state(self, cluster):
        self.states.append(cluster)


def test_a_batch_gets_through_and_stops_when_asked(laptop, tmp_path):
    from cohp.batch.cluster import work

    prompts = ["a red fox", "a blue owl", "a boat", "a hill", "a cat"]
    batch = [
        Asked(n, n, f"run-{n}", compose(each, seed=n, **SMALL)) for n, each in enumerate(prompts, 1)
    ]
    lacking = compose(
        "a tree", seed=6, **{**SMALL, "models": ["sdxl"], "width": 512, "height": 512}
    )
    batch.append(Asked(6, 6, "run-6", lacking))
    records = Records(str(tmp_path / "out"))
    records.begin(batch, [])
    stop = Event()
    first = Ear(stop)
    work(records, batch, where=Where(laptop), hear=first, stop=stop)
    assert 1 <= len(first.outcomes) < len(batch)
    assert sorted(records.done()) == sorted(each.number for each in first.outcomes)
    rest = Ear()
    where = Where(laptop, "1-2")
    work(records, records.reopen().left(retry=False), where=where, hear=rest, stop=Event())
    done = records.done()
    assert sorted(done) == [1, 2, 3, 4, 5, 6]
    assert "sdxl" in done[6].reason
    assert rest.states[0].cpus == 2
    for each in batch[:5]:
        here = Engine().run(each.recipe, out=tmp_path / each.name)
        assert done[each.number].score == here.score
        there = RunFolder(tmp_path / "out" / each.name)
        assert there.best.read_bytes() == here.path.read_bytes()
        assert (there.path / "report.html").exists()


def test_a_run_through_http_ends_as_it_does_here(laptop, tmp_path):
    from cohp.server.on_ray import serving

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(runs=tmp_path / "runs", port=port, defaults={**SMALL, "seed": 3})
    with serving(settings, laptop, None):
        client = Client(f"http://127.0.0.1:{port}")
        run = client.wait(client.start("a red fox at dawn").id)
        with pytest.raises(ServerRefused, match="no model called"):
            client.start("a red fox", models=["no-such"])
        assert run.state == "finished"
    here = Engine().generate("a red fox at dawn", out=tmp_path / "here", seed=3, **SMALL)
    there = RunFolder(tmp_path / "runs" / run.id)
    assert there.best.read_bytes() == here.path.read_bytes()
    scores = [
        [(each.shot, each.score, each.image) for each in run.entries.values()]
        for run in (there, here.folder)
    ]
    assert scores[0] == scores[1]
