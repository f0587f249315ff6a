"""Writing behind the drawing: jobs done in order on a thread of their own, some waiting."""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from threading import Thread
from typing import Self

Job = Callable[[], None]
# As many as keep a slow disk from holding up a fast device; each may hold an image.
ROOM = 64


class Behind:
    """Does jobs one after the other; what one raises is raised to who hands in the next."""

    def __init__(self, room: int = ROOM) -> None:
        self._jobs: Queue[Job | None] = Queue(room)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, name="writing", daemon=True)

    def do(self, job: Job) -> None:
        """Have a job done after those before it; waits where too many wait already."""
        self._check()
        self._jobs.put(job)

    def wait(self) -> None:
        """Wait until all is done that was handed in."""
        self._jobs.join()
        self._check()

    def __enter__(self) -> Self:
        """Begin to work."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Do what is left; what went wrong in the block goes before what went wrong here."""
        self._jobs.put(None)
        self._thread.join()
        if kind is None:
            self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while job := self._jobs.get():
            try:
                # After an error nothing more is done: what follows may rest on it.
                if self._error is None:
                    job()
            except BaseException as error:  # noqa: BLE001 - raised to who hands in the next
                self._error = error
            finally:
                self._jobs.task_done()
        self._jobs.task_done()
