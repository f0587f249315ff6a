"""What the server refuses, each with a 4xx and one sentence."""

from __future__ import annotations

import json

import pytest
from serving import PROMPT, begun

from cohp.errors import BadInput
from cohp.server.guard import COOKIE, signature
from cohp.server.settings import Settings

JSON = {"Content-Type": "application/json"}


def refused(reply, status):
    assert reply.status_code == status, reply.text
    assert reply.json()["error"]["message"].endswith(".")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Length": "999999999999"}, 413),
        ({"Content-Length": "-1"}, 400),
    ],
)
def test_requests_of_others(client, headers, status):
    body = json.dumps(PROMPT)
    refused(client.post("/api/runs", content=body, headers={**JSON, **headers}), status)
    assert client.get("/api/runs").json() == []


def test_its_own_page_may_ask(client):
    own = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/runs", json=PROMPT, headers=own).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"prompt": "x" * 900_000}),
        '{"prompt": "x", "guidance": NaN}',
        '{"prompt": "x", "guidance": 1e999}',
        '{"prompt": "x", "strengths": [NaN]}',
        '{"prompt": "x", "seed": ' + "9" * 30 + "}",
        '{"prompt": "x", "seed": ' + "9" * 6000 + "}",
        '{"prompt": "x", "rounds": 100000, "batch": 100000}',
        '{"prompt": "x", "search": "best-of-n", "budget": "9999999images"}',
        '{"prompt": "x", "rounds": "4"}',
        '{"prompt": "\\ud800"}',
        '{"prompt": " "}',
        '{"prompt": "x", "models": ["/etc/passwd"]}',
        '{"prompt": "x", "models": ["fake-ink:lora=/etc/x"]}',
        '{"prompt": "x", "reward": "hpsv3=/etc"}',
        '{"prompt": "x", "recipe": "../recipe.toml"}',
        '{"prompt": "x", "unknown": 1}',
        "[" * 100_000,
        "{",
        "\xff",
    ],
)
def test_bodies_that_make_no_sense(client, body):
    reply = client.post("/api/runs", content=body.encode("latin-1"), headers=JSON)
    assert 400 <= reply.status_code < 500, reply.text
    assert len(reply.json()["error"]["message"]) < 700
    assert client.get("/api/runs").json() == []


def test_a_body_is_read_to_its_bound_whatever_its_header_says(client):
    def pieces():
        for _ in range(40):
            yield b" " * 65536

    refused(client.post("/api/runs", content=pieces(), headers=JSON), 413)


def test_beyond_this_machine_only_with_a_token(tmp_path):
    with pytest.raises(BadInput, match="COHP_TOKEN"):
        Settings(runs=tmp_path, host="0.0.0.0")  # noqa: S104 - refused
    with pytest.raises(BadInput, match="ASCII"):
        Settings(runs=tmp_path, token="gehéim")  # noqa: S106 - made up


def test_the_token(serving):
    with serving(host="0.0.0.0", token="secret") as client:  # noqa: S104, S106 - made up
        assert client.get("/health").status_code == 200
        for given in ("", "Bearer wrong", "Bearer", "Basic !!", "Basic c2VjcmV0", "Digest secret"):
            refused(client.get("/api/runs", headers={"Authorization": given}), 401)
        refused(client.get("/api/runs", headers={"Cookie": f"{COOKIE}=secret"}), 401)
        refused(client.get("/api/runs?sig=secret"), 401)
        for given in ("Bearer secret", "Basic Ym9iOnNlY3JldA=="):
            assert client.get("/api/runs", headers={"Authorization": given}).status_code == 200
        signed = signature("secret", "/api/runs")
        assert client.get(f"/api/runs?sig={signed}").status_code == 200
        refused(client.post(f"/api/runs?sig={signed}", json=PROMPT), 401)
        refused(client.post("/api/session", json={"token": "wrong"}), 401)
        assert client.post("/api/session", json={"token": "secret"}).status_code == 204
        assert begun(client)
        refused(client.post("/api/runs", json=PROMPT, headers={"Origin": "http://x"}), 403)


def test_requests_have_ids_and_are_counted(client, caplog):
    with caplog.at_level("INFO", "cohp.server"):
        reply = client.get("/health", headers={"X-Request-ID": "mine-1"})
        assert reply.headers["X-Request-ID"] == "mine-1"
        other = client.get("/nothing", headers={"X-Request-ID": "a b"})
        assert len(other.headers["X-Request-ID"]) == 16
    assert next(each.request for each in caplog.records if hasattr(each, "request")) == "mine-1"
    told = client.get("/metrics").text
    assert 'cohp_requests_total{route="/health",status="200"} 1\n' in told
    assert 'cohp_requests_total{route="none",status="404"} 1\n' in told


def test_pages_load_nothing(client):
    page = client.get("/docs").text
    assert "POST /api/runs" in page
    assert "src=" not in page
    assert client.get("/api/choices").json()["reward"] == "fake"
