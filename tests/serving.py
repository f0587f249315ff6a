"""What the server's tests share: small runs of fake models, and waiting for them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn
from fastapi.testclient import TestClient
from small import FAKES

from cohp.executors.local import LocalExecutor

SMALL = {"width": 64, "height": 64, "per_model": 2, "rounds": 2, "batch": 2, "seed": 7}
DEFAULTS = {"models": FAKES, "reward": "fake", **SMALL}
LOCAL = "http://127.0.0.1"
PROMPT = {"prompt": "a red fox at dawn"}


class Gate(LocalExecutor):
    """The local executor, waiting before each batch of work until it is let go on."""

    def __init__(self):
        super().__init__()
        self.began, self.open = Event(), Event()
        self.asked = []

    def answer(self, shots, **how):
        self.asked.append([each.prompt for each in shots])
        self.began.set()
        assert self.open.wait(60)
        yield from super().answer(shots, **how)


@contextmanager
def over_a_socket(app):
    """Serve an app at an address of its own, with a client of it in this process too."""
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", client
        server.should_exit = True
        thread.join()


def ended(client, run, states=("finished", "failed", "cancelled", "interrupted")):
    """Wait until a run is in one of the states, and return it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        seen = client.get(f"/api/runs/{run}").json()
        if seen["state"] in states:
            return seen
        time.sleep(0.05)
    raise AssertionError(seen)


def begun(client, **more):
    """Begin a run and return its name."""
    reply = client.post("/api/runs", json={**PROMPT, **more})
    assert reply.status_code == 202, reply.text
    return reply.json()["id"]


def scores(run):
    """Return what a client sees of a run's images, whoever drew them and when."""
    return {each["id"]: (each["score"], each["file"]) for each in run["images"]}
