"""Runs over HTTP: the same as in the library, watched, cancelled, extended, and never lost."""

from __future__ import annotations

import pytest
from serving import DEFAULTS, PROMPT, Gate, begun, ended, scores

from cohp.engine import Engine
from cohp.errors import CohpError, RunUnwritable
from cohp.record.recorder import Recorder
from cohp.server.answers import said


def library(folder, **more):
    with Engine() as engine:
        result = engine.generate(**PROMPT, out=folder, **{**DEFAULTS, **more})
    shown = {
        shot: (vars(entry.score), entry.image) for shot, entry in result.folder.entries.items()
    }
    return result, shown


def stream(client, run, after=0):
    """Return the reply; the last event, which has no number, says that nobody works on it."""
    return client.get(f"/api/runs/{run}/events", headers={"Last-Event-ID": str(after)})


def test_a_run_is_what_the_library_makes(client, tmp_path):
    seen = ended(client, begun(client))
    result, shown = library(tmp_path / "own")
    assert seen["state"] == "finished"
    assert scores(seen) == shown
    assert seen["best"]["id"] == result.verdict.best.shot.id == seen["lineage"][-1]
    assert client.get(seen["best"]["url"]).content == result.path.read_bytes()
    assert "a red fox at dawn" in client.get(f"/api/runs/{seen['id']}/report").text


def test_events_replay_from_any_point_and_after_a_restart(serving):
    with serving() as client:
        run = begun(client)
        live = stream(client, run)
        assert live.headers["content-type"].startswith("text/event-stream")
        events = live.text.split("\n\n")[1:-2]
        names = [each.splitlines()[1] for each in events]
        assert names.count("event: image") == 8
        assert names.count("event: round") == 3
        assert names[-1] == "event: finished"
        assert [each.splitlines()[0] for each in events] == [
            f"id: {number}" for number in range(1, len(events) + 1)
        ]
        assert 'event: state\ndata: {"state": "finished"' in live.text
    with serving() as client:
        for after in (0, 5, len(events) - 1):
            assert stream(client, run, after).text.split("\n\n")[1:-2] == events[after:]
        assert stream(client, run, len(events)).status_code == 204


@pytest.mark.parametrize(
    ("recipe", "names"),
    [
        ({"budget": "14images", "rounds": 9}, {"note"}),
        ({"reward": "mini-judge+fake"}, set()),
        ({"models": ["fake-ink"], "search": "best-of-n"}, set()),
        ({"search": "halving"}, {"chosen"}),
    ],
)
def test_every_kind_of_search_is_told_to_its_end(client, recipe, names):
    run = begun(client, **recipe)
    seen = ended(client, run)
    assert seen["state"] == "finished", seen["reason"]
    told = stream(client, run).text
    assert told.count("event: finished") == 1
    assert {name for name in names if f"event: {name}" in told} == names


def test_more_rounds_are_those_of_a_longer_run(client, tmp_path):
    run = begun(client)
    first = ended(client, run)
    assert client.post(f"/api/runs/{run}/extend", json={"rounds": 2}).status_code == 202
    seen = ended(client, run)
    _, longer = library(tmp_path / "own", rounds=4)
    # The files differ in the recipe inside them, which says how many rounds there were.
    assert {shot: score for shot, (score, _) in scores(seen).items()} == {
        shot: score for shot, (score, _) in longer.items()
    }
    assert scores(first).items() <= scores(seen).items()
    assert stream(client, run).text.count("event: image") == len(longer)


def test_cancelled_runs_stop_and_can_be_resumed(serving, tmp_path):
    gate = Gate()
    with serving(gate, together=1) as client:
        running, waiting = begun(client), begun(client, seed=8)
        assert gate.began.wait(60)
        for run in (waiting, running):
            client.post(f"/api/runs/{run}/cancel")
        assert ended(client, waiting)["state"] == "cancelled"
        assert client.post(f"/api/runs/{running}/resume").status_code == 409
        gate.open.set()
        assert ended(client, running)["state"] == "cancelled"
        assert client.post(f"/api/runs/{running}/cancel").status_code == 404
    with serving() as client:
        # A cancelled run is not taken up again by itself.
        assert client.get(f"/api/runs/{running}").json()["state"] == "cancelled"
        assert client.post(f"/api/runs/{running}/resume").status_code == 202
        assert scores(ended(client, running)) == library(tmp_path / "own")[1]


def test_a_restarted_server_finishes_what_was_interrupted(serving, tmp_path):
    gate = Gate()
    with serving(gate, together=1) as client:
        runs = [begun(client), begun(client)]
        assert gate.began.wait(60)
        client.app.state.house.desk.shut()
        gate.open.set()
    with serving() as client:
        assert [each["id"] for each in client.get("/api/runs").json()] == runs[::-1]
        assert client.get(f"/api/runs?before={runs[1]}").json()[0]["id"] == runs[0]
        for run in runs:
            assert scores(ended(client, run, ("finished",))) == library(tmp_path / run)[1]


def test_a_full_queue_says_when_to_come_back(serving):
    gate = Gate()
    with serving(gate, together=1, room=2) as client:
        begun(client)
        assert gate.began.wait(60)
        assert client.post("/api/batch", json={"prompts": ["a", "b", "c"]}).status_code == 429
        for _ in range(2):
            begun(client)
        full = client.post("/api/runs", json=PROMPT)
        assert full.status_code == 429
        assert int(full.headers["Retry-After"]) >= 1
        assert client.get("/health").json()["queued"] == 2
        assert "cohp_queued 2\n" in client.get("/metrics").text
        assert len(client.get("/api/runs").json()) == 3
        gate.open.set()


def test_searches_share_their_batches(serving):
    gate = Gate()
    with serving(gate) as client:
        prompts = ["a", {"prompt": "b", "seed": 3}, "c"]
        reply = client.post("/api/batch", json={"prompts": prompts, "rounds": 1})
        gate.open.set()
        for each in reply.json():
            seen = ended(client, each["id"])
            assert (seen["state"], seen["done"]) == ("finished", 6)
    assert any(len(set(asked)) > 1 for asked in gate.asked)


def test_a_run_that_cannot_be_drawn_says_why(client):
    seen = ended(client, begun(client, models=["sdxl"], width=1024, height=1024))
    assert seen["state"] == "failed"
    assert "sdxl" in seen["reason"]


@pytest.mark.parametrize(
    "path",
    ["..", "%2e%2e", "..%2f..", "nothing", ".lock", "x" * 300, "a%00b", "%ff"],
)
def test_no_name_leads_out_of_the_folder(client, path, tmp_path):
    (tmp_path / "journal.jsonl").write_text("{}\n")
    for tail in ("", "/events", "/report", "/images/best.png"):
        reply = client.get(f"/api/runs/{path}{tail}")
        assert reply.status_code == 404
        assert list(reply.json()) == ["error"]
    run = begun(client)
    assert client.get(f"/api/runs/{run}/images/..%2f..%2fjournal.jsonl").status_code == 404
    assert client.get(f"/api/runs/{run}/images/{path}").status_code in {404, 200 * (path == "..")}


def test_a_batch_that_the_disk_cannot_take_is_refused_whole(client, tmp_path, monkeypatch):
    plain = Recorder.begin.__func__

    def begin(cls, path, recipe):
        if recipe.prompt == "b":
            raise RunUnwritable(path, "No space left on device")
        return plain(cls, path, recipe)

    monkeypatch.setattr(Recorder, "begin", classmethod(begin))
    reply = client.post("/api/batch", json={"prompts": ["a", "b", "c"]})
    assert reply.status_code == 409
    said = reply.json()["error"]["message"]
    assert "No space left" in said
    assert str(tmp_path) not in said
    assert client.get("/api/runs").json() == []
    assert client.get("/health").json()["queued"] == 0


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("Cannot write to /srv/my runs/x-1: full.", "Cannot write to x-1: full."),
        ("See https://example.org/a/b and /docs.", "See https://example.org/a/b and /docs."),
        ("A ratio of 3/4 of org/name is fine.", "A ratio of 3/4 of org/name is fine."),
        ("~/.cache/cohp/pins.toml is damaged.", "pins.toml is damaged."),
    ],
)
def test_no_reason_names_the_servers_folders(told, seen):
    assert said(CohpError(told)) == seen
