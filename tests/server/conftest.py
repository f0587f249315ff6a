"""A server in this process, with the fake models."""

from __future__ import annotations

import time
from threading import Thread

import pytest
import uvicorn
from fastapi.testclient import TestClient
from serving import DEFAULTS, LOCAL

from cohp.executors.local import LocalExecutor
from cohp.server.app import create_app
from cohp.server.settings import Settings


@pytest.fixture
def serving(tmp_path):
    """Return what opens a server, with another executor or settings where they are given."""

    def make(executor=None, **changes) -> TestClient:
        given = {"runs": tmp_path / "runs", "together": 4, "defaults": DEFAULTS, **changes}
        app = create_app(Settings(**given), executor or LocalExecutor())
        return TestClient(app, base_url=LOCAL, raise_server_exceptions=False)

    return make


@pytest.fixture
def client(serving):
    with serving() as client:
        yield client


@pytest.fixture
def live(serving):
    """A server that is spoken to over a socket: its address, and a client of it in this process."""
    with serving() as client:
        config = uvicorn.Config(client.app, port=0, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", client
        server.should_exit = True
        thread.join()
