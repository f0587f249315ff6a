"""A typed client of the server: what it is asked, with nothing but the standard library."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from pydantic import BaseModel, TypeAdapter, ValidationError

from cohp.errors import BadInput, ServerRefused
from cohp.server.pictures import Picture
from cohp.server.wire import Compared, Ranked, Run, RunInFull, Scored, Told

Given = bytes | str | Path
Answer = TypeVar("Answer", bound=BaseModel)
Read = TypeVar("Read")
STRANGE = "What answers there is no server of CoHP's, or one of another version."
LOCAL = "http://127.0.0.1:8484"
# A silent server says that it lives more often than this.
SILENCE = 60


class Client:
    """Speaks to a server; options of `start` and `batch` are the keys of a recipe."""

    def __init__(self, address: str = LOCAL, token: str | None = None) -> None:
        if not address.startswith(("http://", "https://")):
            raise BadInput(f"{address!r} is no address of a server. Write it as {LOCAL}.")
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def start(self, prompt: str, **options: Any) -> Run:  # noqa: ANN401 - a recipe's keys
        """Begin a run; see `wait` and `events`."""
        return self._ask(Run, "/api/runs", {"prompt": prompt, **options})

    def batch(self, prompts: Sequence[str | Mapping[str, Any]], **options: Any) -> list[Run]:  # noqa: ANN401
        """Begin a run for each prompt, all or none."""
        return self._list(Run, "/api/batch", {"prompts": list(prompts), **options})

    def runs(self, limit: int = 50, before: str = "") -> list[Run]:
        """Return the newest runs, or those older than `before`."""
        return self._list(Run, f"/api/runs?limit={limit}&before={before}")

    def get(self, run: str) -> RunInFull:
        """Return a run as far as it has come."""
        return self._ask(RunInFull, f"/api/runs/{run}")

    def cancel(self, run: str) -> Run:
        """Stop a run before its next batch."""
        return self._ask(Run, f"/api/runs/{run}/cancel", {})

    def extend(self, run: str, rounds: int) -> Run:
        """Refine so many rounds more."""
        return self._ask(Run, f"/api/runs/{run}/extend", {"rounds": rounds})

    def prefer(self, run: str, image: Picture | str, rounds: int = 0) -> Run:
        """Overrule the reward: have a run go on from one of its images, for so many rounds."""
        name = image.id if isinstance(image, Picture) else image
        return self._ask(Run, f"/api/runs/{run}/prefer", {"image": name, "rounds": rounds})

    def resume(self, run: str) -> Run:
        """Go on with a run that was stopped."""
        return self._ask(Run, f"/api/runs/{run}/resume", {})

    def wait(self, run: str) -> RunInFull:
        """Wait until nobody works on a run any more, and return it."""
        last = 0
        while (seen := self.get(run)).state in {"queued", "running"}:
            for told in self.events(run, last):
                last = told.id
        return seen

    def events(self, run: str, after: int = 0) -> Iterator[Told]:
        """Yield what a run tells after event `after`, as long as it is worked on."""
        with self._open(f"/api/runs/{run}/events?after={after}") as reply:
            fields: dict[str, str] = {}
            for line in reply:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                    continue
                if "id" in fields:
                    data = json.loads(fields["data"])
                    yield Told(id=int(fields["id"]), name=fields["event"], data=data)
                fields = {}

    def image(self, picture: Picture) -> bytes:
        """Return an image as the PNG it is kept as."""
        if picture.url is None:
            raise BadInput(f"The image {picture.id} has no file: {picture.reason}")
        with self._open(picture.url) as reply:
            return reply.read()

    def score(
        self, images: Sequence[Given], prompt: str, reward: str | None = None
    ) -> list[Scored]:
        """Score images, which are files or their bytes."""
        return self._list(Scored, "/api/score", _judging(prompt, reward, images=_sent(images)))

    def rank(self, images: Sequence[Given], prompt: str, reward: str | None = None) -> list[Ranked]:
        """Rank images, the best first."""
        return self._list(Ranked, "/api/rank", _judging(prompt, reward, images=_sent(images)))

    def compare(self, a: Given, b: Given, prompt: str, reward: str | None = None) -> Compared:
        """Tell how likely `a` is preferred to `b`."""
        first, second = _sent([a, b])
        return self._ask(Compared, "/api/compare", _judging(prompt, reward, a=first, b=second))

    def _ask(self, kind: type[Answer], path: str, body: Mapping[str, Any] | None = None) -> Answer:
        with self._open(path, body) as reply:
            return _read(TypeAdapter(kind), reply)

    def _list(
        self, kind: type[Answer], path: str, body: Mapping[str, Any] | None = None
    ) -> list[Answer]:
        with self._open(path, body) as reply:
            return _read(TypeAdapter(list[kind]), reply)  # type: ignore[valid-type]

    def _open(self, path: str, body: Mapping[str, Any] | None = None) -> HTTPResponse:
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        request = Request(self._address + path, data, headers)  # noqa: S310 - checked above
        try:
            reply: HTTPResponse = urlopen(request, timeout=SILENCE)  # noqa: S310 - likewise
        except HTTPError as error:
            with error:
                raise ServerRefused(_sentence(error.read()), error.code) from error
        except (OSError, HTTPException) as error:
            raise ServerRefused(
                f"No server answers at {self._address}: {error}. Start one with cohp serve."
            ) from error
        return reply


def _read(kind: TypeAdapter[Read], reply: HTTPResponse) -> Read:
    try:
        return kind.validate_json(reply.read())
    except ValidationError as error:
        raise ServerRefused(STRANGE) from error


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return STRANGE


def _judging(prompt: str, reward: str | None, **images: object) -> dict[str, Any]:
    return {"prompt": prompt, **({"reward": reward} if reward else {}), **images}


def _sent(images: Sequence[Given]) -> list[str]:
    contents = (each if isinstance(each, bytes) else Path(each).read_bytes() for each in images)
    return [base64.b64encode(each).decode() for each in contents]
