"""Posts a question to a hosted service: retries, limits, and never a key in a message."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.client import HTTPResponse as Response
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlparse
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cohp.errors import BadInput, Missing

LARGEST_ANSWER = 64 << 20
LARGEST_COMPLAINT = 64 << 10
BLOCK = 1 << 16
ATTEMPTS = 5
LONGEST_WAIT = 60.0
RETRIED = {408, 409, 425, 429, 500, 502, 503, 504, 529}
REFUSED = {401, 403}
UNKNOWN = 404
HERE = {"localhost", "127.0.0.1", "::1"}


class NotDrawn(Exception):
    """The service drew nothing this time; the reason is one for a person to read."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the key to an address nobody named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - urllib's signature
        return None


@dataclass(frozen=True)
class Address:
    """Where a service is, and the environment variable with the key to it."""

    name: str
    url: str
    key: str | None = None
    key_optional: bool = False
    timeout: float = 180.0


class Service:
    """One address that answers POST requests with JSON."""

    def __init__(self, address: Address, sleep: Callable[[float], object] = time.sleep) -> None:
        """Look for the key; nothing is sent yet."""
        self._name, self._variable = address.name, address.key
        self._url = address.url.rstrip("/")
        self._timeout = address.timeout
        self._key = os.environ.get(address.key, "").strip() if address.key else ""
        self._sleep = sleep
        self._opener = build_opener(_NoRedirects())
        if address.key and not self._key and not address.key_optional:
            raise Missing(
                f"{self._name} needs a key. Put it in the environment: export {address.key}=..."
            )
        parsed = urlparse(self._url)
        if self._key and parsed.scheme != "https" and parsed.hostname not in HERE:
            raise BadInput(
                f"{self._name}: the key in {self._variable} would travel unencrypted to "
                f"{self._url}. Use https, or unset {self._variable}."
            )

    def post(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Send `body`, again after a wait where that may help; return the JSON that comes back."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(path, body)
            except _Again as again:
                if attempt == ATTEMPTS or (again.slow and attempt > 1):
                    times = f" ({attempt} times)" if attempt > 1 else ""
                    raise NotDrawn(f"{again}{times}", again.status) from again
                # Spread out, so that clients turned away together do not come back together.
                wait = 2.0 ** (attempt - 1) * (1 + random.random() / 4)  # noqa: S311
                self._sleep(min(LONGEST_WAIT, max(wait, again.after)))
        raise AssertionError  # the last attempt returned or raised

    def _once(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        request = Request(  # noqa: S310 - http or https, checked when the model was named
            self._url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        if self._key:
            request.add_unredirected_header("Authorization", f"Bearer {self._key}")
        deadline = time.monotonic() + self._timeout
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                text = self._read(response, LARGEST_ANSWER, deadline)
        except HTTPError as error:
            with error:
                raise self._complaint(error, deadline) from None
        except (OSError, HTTPException) as error:
            raise self._silence(error) from error
        try:
            return json.loads(text)
        except ValueError as error:  # asking again would be charged again
            raise NotDrawn(f"{self._name} did not answer in JSON") from error

    def _silence(self, error: Exception) -> Exception:
        cause = error.reason if isinstance(error, URLError) else error
        if isinstance(cause, TimeoutError):
            return _Again(f"{self._name} took longer than {self._timeout:g} s", slow=True)
        told = self._safe(str(cause)) or type(cause).__name__
        return _Again(f"{self._name} at {self._url} could not be reached: {told}")

    def _complaint(self, error: HTTPError, deadline: float) -> Exception:
        """Say what an HTTP error means: try again, give up this image, or give up the model."""
        try:
            told = _told(self._read(error, LARGEST_COMPLAINT, deadline))
        except (OSError, HTTPException, NotDrawn):
            told = ""
        status = error.code
        said = self._safe(f"{self._name} answered {status} {told or error.reason}")
        if status in REFUSED:
            return BadInput(f"{said}. Look at the key in {self._variable or 'the entry'}.")
        if status == UNKNOWN:
            return BadInput(f"{said}. Look at the model's name and at {self._url}.")
        if status in RETRIED:
            return _Again(said, status, _after(error.headers.get("Retry-After")))
        return NotDrawn(said, status)

    def _read(self, response: Response | HTTPError, most: int, deadline: float) -> bytes:
        """Read an answer, but not without end: neither in bytes nor in time."""
        read = bytearray()
        while block := response.read(BLOCK):
            read += block
            if len(read) > most:
                raise NotDrawn(f"{self._name} answered with more than {most >> 20} MB")
            if time.monotonic() > deadline:
                raise TimeoutError
        return bytes(read)

    def _safe(self, text: str) -> str:
        """Keep the key out of what is shown and recorded: services echo what they refuse."""
        return text.replace(self._key, "[key]") if self._key else text


class _Again(Exception):
    """This attempt failed in a way that another may not."""

    def __init__(
        self, said: str, status: int | None = None, after: float = 0.0, *, slow: bool = False
    ) -> None:
        super().__init__(said)
        self.status = status
        self.after = after
        # What took so long once is tried only once more.
        self.slow = slow


def _told(text: bytes) -> str:
    """Return what the service itself says went wrong, on one short line."""
    try:
        answer = json.loads(text)
    except ValueError:
        return ""
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    message = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(message).split())[:300] if message else ""


def _after(header: str | None) -> float:
    """Return the seconds a Retry-After header asks for; it may be a number or a date."""
    if not header:
        return 0.0
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0
