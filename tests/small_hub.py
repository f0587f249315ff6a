"""A hub on this machine: describes repositories and serves their files."""

import json
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from typing import ClassVar
from urllib.parse import unquote, urlparse

from loopback import listening

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """Serves repositories (name to files, or to an error code) as the hub does."""

    repos: ClassVar = {}
    gated: ClassVar = ()
    asked: ClassVar = []
    commit: ClassVar = COMMIT

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = unquote(urlparse(self.path).path).strip("/")
        self.asked.append(path)
        name = next((name for name in self.repos if name in path), None)
        files = self.repos.get(name, (401, "RepoNotFound"))
        if not isinstance(files, dict):
            self.refuse(*files)
        elif path.endswith("/auth-check"):
            self.refuse(403, "GatedRepo")
        elif path.endswith("v9"):
            self.refuse(404, "RevisionNotFound")
        elif path.startswith("api/"):
            self.describe(name, files)
        else:
            data = files[path.split("/", 4)[4]]
            data = data if isinstance(data, bytes) else data.encode()
            self.reply(200, data, {"ETag": f'"{sha256(data).hexdigest()}"'})

    def describe(self, name, files):
        told = {
            "id": name,
            "sha": self.commit,
            "siblings": [{"rfilename": file, "size": len(text)} for file, text in files.items()],
            "cardData": {"license": "openrail"},
            "gated": "manual" if name in self.gated else False,
        }
        self.reply(200, json.dumps(told).encode())

    def refuse(self, status, code):
        self.reply(status, b"{}", {"X-Error-Code": code})

    def reply(self, status, data, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("X-Repo-Commit", self.commit)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_):
        pass


def serving(tmp_path, monkeypatch):
    """Return a function that serves repositories in place of the hub, for a block."""
    constants = "huggingface_hub.constants"
    monkeypatch.setattr(f"{constants}.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(f"{constants}.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(f"{constants}.HF_HUB_DISABLE_PROGRESS_BARS", True)

    @contextmanager
    def serve(gated=(), commit=COMMIT, **repos):
        named = {name.replace("__", "/"): files for name, files in repos.items()}
        asked = []
        served = {"repos": named, "gated": gated, "asked": asked, "commit": commit}
        with listening(type("Served", (Hub,), served)) as url:
            monkeypatch.setattr(f"{constants}.ENDPOINT", url)
            template = url + "/{repo_id}/resolve/{revision}/{filename}"
            monkeypatch.setattr(f"{constants}.HUGGINGFACE_CO_URL_TEMPLATE", template)
            yield asked

    return serve
