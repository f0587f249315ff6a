"""Who is let in: hosts, origins, tokens, kinds and sizes of what is sent, before any route."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cohp.server import page
from cohp.server.answers import refusal
from cohp.server.settings import Settings, is_loopback

COOKIE = "cohp"
SIGNATURE = "sig"
# What anyone may see: that the server lives, and the page that asks for the token.
OPEN = frozenset({"/health", "/api/session", *page.FILES})
# Where images are sent.
UPLOADS = frozenset({"/api/score", "/api/rank", "/api/compare", "/sdapi/v1/img2img"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Stands before the app and refuses, with a status and one sentence, what it should not see."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most(scope["path"])
        refused = self._refused(scope, headers, most)
        if refused is None:
            await self._app(scope, _bounded(receive, most), send)
            return
        status, sentence = refused
        more = {"WWW-Authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004 - HTTP's
        await refusal(status, sentence, more)(scope, receive, send)

    def _refused(self, scope: Scope, headers: Headers, most: int) -> tuple[int, str] | None:
        settings, host = self._settings, _host(headers.get("host", ""))
        if settings.token is None and not is_loopback(host) and host != settings.host:
            return (
                403,
                f"This server serves this machine alone, and {host[:100]!r} is not its name.",
            )
        if scope["method"] not in READING and not _same_origin(headers):
            return 403, "Another site's page may not ask for this."
        if not self._knows_token(scope, headers):
            return 401, "Send the server's token: Authorization: Bearer TOKEN."
        return _misfit(headers, most)

    def _knows_token(self, scope: Scope, headers: Headers) -> bool:
        token = self._settings.token
        if token is None or scope["path"] in OPEN:
            return True
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if SIGNATURE in query and scope["method"] in READING:
            return same(query[SIGNATURE][0], signature(token, scope["path"]))
        cookie = _cookie(headers.get("cookie", ""))
        return same(_given(headers.get("authorization", "")), token) or same(
            cookie, signature(token, COOKIE)
        )

    def _most(self, path: str) -> int:
        return self._settings.most_upload if path in UPLOADS else self._settings.most_text


def signature(token: str, text: str) -> str:
    """Return what only who knows the token can say of `text`: a path, or the cookie's name."""
    return hmac.new(token.encode(), text.encode(), sha256).hexdigest()


def same(given: str, right: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(sha256(given.encode()).digest(), sha256(right.encode()).digest())


def _given(authorization: str) -> str:
    """Return the token of a header: after Bearer, or as the password of clients that know Basic."""
    kind, _, text = authorization.partition(" ")
    if kind.lower() == "bearer":
        return text.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(text, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return ""


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _same_origin(headers: Mapping[str, str]) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == headers.get("host", "")
    except ValueError:
        return False


def _misfit(headers: Headers, most: int) -> tuple[int, str] | None:
    """Say what is wrong with the body that is announced."""
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return 400, "The Content-Length is no number."
    if len(length) > 18 or int(length) > most:  # noqa: PLR2004 - beyond any size
        return 413, _too_large(most)
    sends = int(length) > 0 or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if sends and kind != "application/json":
        return 415, "Send JSON, with Content-Type: application/json."
    return None


def _bounded(receive: Receive, most: int) -> Callable[[], Awaitable[Message]]:
    """Receive no more than was announced to be bearable, whatever the headers say."""
    got = 0

    async def receiving() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise HTTPException(413, _too_large(most).rstrip("."))
        return message

    return receiving


def _too_large(most: int) -> str:
    return f"That is more than the {most:,} bytes that are read here."
