"""Calling a deployment: a worker that dies meanwhile is asked again, a bounded number of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ray.exceptions import ActorDiedError, ActorUnavailableError, ObjectLostError
from ray.serve.exceptions import BackPressureError

from cohp.errors import WorkersDied
from cohp.executors.ray.wire import Trouble

Reply = TypeVar("Reply")
TRIES = 2
DIED = (ActorDiedError, ActorUnavailableError, ObjectLostError, BackPressureError)


class Call(Generic[Reply]):
    """One request that is under way from the moment it is made."""

    def __init__(self, what: str, send: Callable[[], Any]) -> None:
        """Ask by `send`, which is called again where a worker died; `what` is for a person."""
        self._what = what
        self._send = send
        self._response = send()

    def reply(self) -> Reply:
        """Wait for the reply; raises what the worker said is wrong, or `WorkersDied`."""
        for again in reversed(range(TRIES)):
            try:
                reply: Reply | Trouble = self._response.result()
            except DIED as died:
                if not again:
                    raise WorkersDied(self._what, TRIES) from died
                self._response = self._send()
            else:
                if isinstance(reply, Trouble):
                    raise reply.error
                return reply
        raise WorkersDied(self._what, TRIES)

    def drop(self) -> None:
        """Want no reply any more."""
        self._response.cancel()
