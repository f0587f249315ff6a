"""Every request with an id, in a log of one JSON object a line, and counted."""

from __future__ import annotations

import json
import logging
import re
import secrets
from datetime import UTC, datetime
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cohp.server.metrics import Metrics

ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
# What a log line may say beside its text.
FIELDS = ("request", "method", "path", "status", "seconds", "run", "state")
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = logging.getLogger("cohp.server")


class Watch:
    """Gives requests their ids; a client's own is kept where it is a plain word."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write down what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        name = given if ID.fullmatch(given) else secrets.token_hex(8)
        status, began = 500, perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update({**SAFE, "X-Request-ID": name})
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._write_down(scope, name, status, perf_counter() - began)

    def _write_down(self, scope: Scope, name: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.count("cohp_requests_total", route=route, status=str(status))
        self._metrics.count("cohp_request_seconds_total", seconds, route=route)
        said = {"request": name, "method": scope["method"], "path": scope["path"][:200]}
        log.info("request", extra={**said, "status": status, "seconds": round(seconds, 4)})


class Lines(logging.Formatter):
    """A log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "message": record.getMessage()}
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)
