"""A service that answers POST /v1/images/generations on this machine, as a test tells it to."""

import base64
import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from io import BytesIO

from loopback import listening
from PIL import Image


def picture(width=64, height=64, kind="PNG") -> str:
    data = BytesIO()
    Image.new("RGB", (width, height), (200, 80, 20)).save(data, kind)
    return base64.b64encode(data.getvalue()).decode()


def answer(b64=None, **more) -> tuple[int, dict, dict]:
    return 200, {}, {"created": 1, "data": [{"b64_json": b64 or picture(), **more}]}


@contextmanager
def serving(*answers):
    """Answer each request with the next of `answers`, the last again and again; yield what came."""
    asked = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, dict(self.headers), body, time.monotonic()))
            given = left.pop(0) if len(left) > 1 else left[0]
            status, headers, reply = given(body) if callable(given) else given
            data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    with listening(Handler) as address:
        yield f"{address}/v1", asked
