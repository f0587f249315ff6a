"""The page's files: held to a policy, loading nothing from elsewhere, and whole."""

from __future__ import annotations

import re

import pytest
from serving import LOCAL

from cohp.server.page import FILES

TOKEN = "known to few"  # noqa: S105 - a test's own
SCRIPTS = [path for path in FILES if path.endswith(".js")]


@pytest.fixture
def texts(client):
    return {path: client.get(path).text for path in FILES}


@pytest.mark.parametrize("path", FILES)
def test_each_file_comes_with_the_policy(client, path):
    reply = client.get(path)
    assert reply.status_code == 200
    policy = reply.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy)
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_nothing_else_is_served_beside_them(client):
    for path in ("/page/", "/page/__init__.py", "/page/..%2fapp.py", "/page/index.html"):
        assert client.get(path).status_code == 404


def test_the_page_comes_before_the_token(serving):
    with serving(token=TOKEN) as client:
        assert all(client.get(path).status_code == 200 for path in FILES)
        assert client.get("/api/choices").status_code == 401
        assert client.post("/api/session", json={"token": TOKEN}).status_code == 204
        assert client.get("/api/choices").status_code == 200


def test_no_file_names_another_site(texts):
    for path, text in texts.items():
        found = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`)]*", text))
        assert found <= {"http://www.w3.org/2000/svg"}, path
        assert "@import" not in text


def test_what_files_load_is_served(texts):
    page = texts["/"]
    loaded = set(re.findall(r"(?:src|href)=\"(/page/[^\"]+)\"", page))
    for path in SCRIPTS:
        loaded |= {f"/page/{name}" for name in re.findall(r"from \"\./([^\"]+)\"", texts[path])}
    assert loaded == set(FILES) - {"/"}


def test_nothing_in_the_page_is_inline(texts):
    page = texts["/"]
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/page/page.js">']
    assert "<style" not in page
    assert not re.search(r"\s(?:style|on\w+)=", page)


def test_text_is_never_read_as_markup(texts):
    for path in SCRIPTS:
        found = re.search(
            r"(inner|outer)HTML|insertAdjacentHTML|document\.write\b|eval\(", texts[path]
        )
        assert found is None, path
        assert "Function(" not in texts[path]


def test_every_id_that_is_named_exists_once(texts):
    page = texts["/"]
    ids = re.findall(r"\sid=\"([^\"]+)\"", page)
    assert len(ids) == len(set(ids))
    named = set(re.findall(r"(?:\sfor|aria-labelledby|aria-describedby)=\"([^\"]+)\"", page))
    for path in SCRIPTS:
        named |= set(re.findall(r"\bat\(\"([^\"]+)\"\)", texts[path]))
    assert len(named) > 40
    assert named <= set(ids)


def test_every_route_that_is_asked_exists(client, texts):
    paths = client.get("/openapi.json").json()["paths"]
    acts = {
        f"`/api/runs/${{search.run}}/{name}"
        for name in re.findall(r"act\(\"(\w+)\"", "".join(texts.values()))
    }
    asked = acts | set(re.findall(r"[\"`](/api/[^\"`?]*)", "".join(texts.values())))
    asked.discard("/api/runs/${search.run}/${name}")
    assert len(asked) > 7
    for each in asked:
        route = re.sub(r"\$\{[^}]*\}", "{run}", each.lstrip("`"))
        assert route in paths, each


def test_every_event_that_is_read_is_documented(texts):
    listed = re.search(r"EVENTS = \[([^\]]*)\]", texts["/page/net.js"]).group(1)
    read = set(re.findall(r"on_(\w+)\(", texts["/page/search.js"]))
    assert read == set(re.findall(r"\"(\w+)\"", listed))


def test_a_page_of_another_site_may_not_frame_it(client):
    reply = client.get("/", headers={"Origin": "http://elsewhere.example"})
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 403
    assert client.base_url == LOCAL
