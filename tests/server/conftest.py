"""A server in this process, with the fake models."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from serving import DEFAULTS, LOCAL, over_a_socket

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
    with over_a_socket(serving().app) as served:
        yield served
