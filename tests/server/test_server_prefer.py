"""A person overrules the reward over HTTP: at once, in every tab, and never forgotten."""

from __future__ import annotations

import json
import shutil
import time
from threading import Semaphore

import pytest
from serving import Gate, begun, ended

from cohp.engine import Engine
from cohp.executors.local import LocalExecutor

DRAFTS = shutil.ignore_patterns("*.draft")


class Stepping(LocalExecutor):
    """The local executor, drawing each group of shots only once it is let."""

    def __init__(self):
        super().__init__()
        self.turns = Semaphore(0)
        self.asked = 0

    def answer(self, shots, **how):
        self.asked += 1
        assert self.turns.acquire(timeout=60)
        yield from super().answer(shots, **how)


def worst(run):
    return min(run["images"], key=lambda each: each["score"]["mean"])


def prefer(client, run, image, **more):
    return client.post(f"/api/runs/{run}/prefer", json={"image": image["id"], **more})


def events(client, run):
    told = client.get(f"/api/runs/{run}/events").text.split("\n\n")[1:-1]
    pairs = [dict(line.split(": ", 1) for line in each.splitlines()) for each in told]
    return [(each["event"], json.loads(each["data"])) for each in pairs]


def test_a_finished_run_goes_on_from_any_image(client, tmp_path):
    run = begun(client)
    first = ended(client, run)
    liked = worst(first)
    shutil.copytree(tmp_path / "runs" / run, tmp_path / "own", ignore=DRAFTS)
    assert prefer(client, run, liked, rounds=2).status_code == 202
    seen = ended(client, run)
    assert (seen["state"], seen["rounds"], seen["done"]) == ("finished", 4, first["done"] + 4)
    assert liked["id"] in seen["lineage"]
    over = {"image": liked["id"], "over": first["best"]["id"], "round": 3}
    assert seen["choices"] == [over]
    with Engine() as engine:
        alone = engine.resume(tmp_path / "own", prefer=liked["id"], rounds=2)
    assert [each.shot.id for each in alone.verdict.lineage] == seen["lineage"]
    told = events(client, run)
    assert [name for name, _ in told].count("finished") == 3 - 1
    preferred = next(data for name, data in told if name == "preferred")
    assert preferred["image"]["id"] == preferred["shot"] == liked["id"]
    assert told[-1] == ("state", {"state": "finished", "reason": None})


def test_the_best_is_the_persons_at_once_and_theirs_to_take_back(client, tmp_path):
    run = begun(client)
    first = ended(client, run)
    for liked in (worst(first), first["best"]):
        prefer(client, run, liked)
        seen = ended(client, run)
        assert (seen["best"]["id"], seen["done"]) == (liked["id"], first["done"])
    assert len(seen["choices"]) == 2
    for more, kind in ((f"&run={run}", "zip"), ("&format=pickapic", "octet-stream")):
        reply = client.get(f"/api/pairs?people=true{more}")
        assert kind in reply.headers["content-type"]
        assert reply.headers["content-disposition"].startswith("attachment")
    assert client.get("/api/pairs?run=nothing").status_code == 404
    assert "A person chose" in client.get(f"/api/runs/{run}/report").text


@pytest.mark.parametrize("more", [0, 3])
def test_a_run_at_work_is_overruled_and_a_killed_server_remembers(serving, tmp_path, more):
    executor = Stepping()
    with serving(executor) as client:
        run = begun(client)
        for _ in range(2):
            executor.turns.release()
        while (seen := client.get(f"/api/runs/{run}").json())["done"] < 4 or executor.asked < 3:
            time.sleep(0.01)
        liked = worst(seen)
        assert prefer(client, run, liked, rounds=more).json()["state"] == "running"
        # As a kill at this very moment would leave it; a draft may be gone before it is copied.
        shutil.copytree(tmp_path / "runs" / run, tmp_path / "killed" / run, ignore=DRAFTS)
        for _ in range(9):
            executor.turns.release()
        seen = ended(client, run)
    second = [each for each in seen["images"] if each["round"] == 2]
    assert {each["parent"] for each in second} == {liked["id"]}
    assert seen["rounds"] == 1 + max(more, 1)
    with serving(runs=tmp_path / "killed") as client:
        again = ended(client, run, ("finished",))
    assert (again["lineage"], again["best"]["file"]) == (seen["lineage"], seen["best"]["file"])


def test_a_run_that_waits_is_overruled_before_it_is_begun(serving):
    gate = Gate()
    gate.open.set()
    with serving(gate, together=1) as client:
        run = begun(client)
        liked = worst(ended(client, run))
        gate.open.clear()
        begun(client, seed=8)
        client.post(f"/api/runs/{run}/extend", json={"rounds": 1})
        assert prefer(client, run, liked).json()["state"] == "queued"
        gate.open.set()
        seen = ended(client, run)
        assert {each["parent"] for each in seen["images"] if each["round"] == 3} == {liked["id"]}


def test_what_cannot_be_chosen_is_refused(client):
    run = begun(client, search="best-of-n")
    image = ended(client, run)["images"][0]
    assert prefer(client, run, {"id": "0" * 16}).status_code == 422
    assert prefer(client, run, {"id": "best.png"}).status_code == 422
    assert prefer(client, "nothing", image).status_code == 404
    refused = prefer(client, run, image, rounds=1)
    assert refused.status_code == 422
    assert "best-of-n has no rounds" in refused.json()["error"]["message"]
    assert client.get(f"/api/runs/{run}").json()["choices"] == []
