"""Made-up requests to every route of the OpenAPI document: never a fault of the server's."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import DEFAULTS, LOCAL, Gate

from cohp.server.app import create_app
from cohp.server.settings import Settings

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    # Nothing is drawn: what is begun waits, until the queue is full.
    runs = tmp_path_factory.mktemp("fuzz")
    app = create_app(Settings(runs=runs, together=1, room=8, defaults=DEFAULTS), Gate())
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        # A stream of what never ends would be read for ever.
        client.routes = {
            path: list(each)
            for path, each in app.openapi()["paths"].items()
            if not path.endswith(("events", "generations", "2img"))
        }
        client.keys = {
            path: sorted(_keys(app.openapi(), each))
            for path, each in app.openapi()["paths"].items()
        }
        yield client
        app.state.house.desk.shut()
        app.state.house.desk._executor.open.set()


def _keys(openapi, methods):
    body = methods.get("post", {}).get("requestBody", {}).get("content", {})
    name = body.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    return openapi["components"]["schemas"].get(name, {}).get("properties", {})


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_request_is_a_fault(client, data):
    path = data.draw(st.sampled_from(sorted(client.routes)))
    keys = client.keys[path] or ["prompt"]
    known = st.dictionaries(st.sampled_from(keys), anything, max_size=4)
    body = data.draw(known | anything)
    text = json.dumps(body) if data.draw(st.booleans()) else data.draw(st.text(max_size=40))
    part = data.draw(st.text(alphabet="ab./%0\\-_é\n", min_size=1, max_size=12))
    for name in ("run", "file"):
        path = path.replace(f"{{{name}}}", part.replace("/", "%2f").replace("\n", "%0a"))
    method = data.draw(st.sampled_from(METHODS))
    headers = {"Content-Type": "application/json"}
    reply = client.request(method, path, content=text.encode(errors="replace"), headers=headers)
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400 and method != "HEAD":
        assert reply.json()["error"]["message"]
