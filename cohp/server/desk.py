"""The queue: runs that wait, worked on by one engine whose searches share their batches."""

from __future__ import annotations

import logging
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Event, Thread
from time import monotonic

from cohp.choosing import choose
from cohp.engine import Engine
from cohp.errors import CohpError, Interrupted, NoSuchRun, QueueFull, RunBusy, RunTrouble
from cohp.events import Event as Told
from cohp.events import ImageDone
from cohp.executors.base import Executor
from cohp.executors.merging import Merging, Seats
from cohp.recipe import Recipe
from cohp.record.recorder import Recorder
from cohp.result import Result
from cohp.run import Run
from cohp.server import marks
from cohp.server.answers import said
from cohp.server.marks import Mark
from cohp.server.metrics import Metrics
from cohp.server.shelf import Shelf

# What comes within so many seconds is drawn together.
PATIENCE = 0.05
# A run that has its verdict is let go of once its reports are written.
REPORTS = 30
# Seconds in which a run that is begun has its models' files found and its journal open.
START = 60

log = logging.getLogger("cohp.server")


@dataclass(eq=False)
class Ticket:
    """A run that waits or is worked on; `done` has its result, or the error it ended with."""

    run: str
    folder: Path
    rounds: int | None = None
    begun: bool = False
    cancelled: bool = False
    stop: Event = field(default_factory=Event)
    done: Future[Result] = field(default_factory=Future)
    work: Run | None = None
    at_work: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        # A client that goes away does not take back what it asked for.
        self.done.set_running_or_notify_cancel()

    def begin(self, work: Run) -> None:
        """Know the run at work, so that a person can overrule it."""
        self.work = work
        self.at_work.set()

    def prefer(self, image: str, more: int | None) -> bool:
        """Have the run at work go on from another image; False where it ends already."""
        self.at_work.wait(START)
        return self.work is not None and self.work.prefer(image, more) is not None


class Desk:
    """Takes runs on, has them worked on, and loses none: what waits is in the journals too."""

    def __init__(
        self, shelf: Shelf, executor: Executor, metrics: Metrics, *, together: int, room: int
    ) -> None:
        self.shelf = shelf
        self._executor = executor
        self._metrics = metrics
        self._room = room
        self._changed = Condition()
        self._tickets: dict[str, Ticket] = {}
        self._waiting: deque[Ticket] = deque()
        # Places that are given away before their folders are made.
        self._reserved = 0
        self._pace = 1.0
        self.closing = Event()
        self._seats = executor if isinstance(executor, Seats) else Merging(executor, PATIENCE)
        self._threads = [
            Thread(target=self._work, name=f"searching {number}", daemon=True)
            for number in range(together)
        ]

    def open(self) -> None:
        """Take up what the server before left, and begin to work."""
        for run in self.shelf.wanting():
            mark = self.shelf.course(run).mark
            self._take(Ticket(run, self.shelf.folder(run), mark.rounds if mark else None))
        for thread in self._threads:
            thread.start()

    def counts(self) -> tuple[int, int]:
        """Return how many runs wait, and how many are worked on."""
        with self._changed:
            return len(self._waiting), len(self._tickets) - len(self._waiting)

    def ticket(self, run: str) -> Ticket | None:
        """Return the ticket of a run that waits or is worked on."""
        with self._changed:
            return self._tickets.get(run)

    def running(self) -> list[Ticket]:
        """Return the tickets of the runs that are worked on, the oldest first."""
        with self._changed:
            return [each for each in self._tickets.values() if each.begun]

    def seat(self) -> Executor:
        """Return a place to have images drawn from that are no run's; close it."""
        return self._seats.seat()

    def submit(self, recipes: Sequence[Recipe]) -> list[Ticket]:
        """Begin runs, all or none; raises `QueueFull` where they find no room."""
        self._reserve(len(recipes))
        tickets: list[Ticket] = []
        try:
            for recipe in recipes:
                tickets.append(Ticket(*self.shelf.new()))
                Recorder.begin(tickets[-1].folder, recipe).close()
                marks.put(tickets[-1].folder, Mark(marks.QUEUED))
        except (CohpError, OSError):
            # The disk is full: none of them is begun.
            for ticket in tickets:
                shutil.rmtree(ticket.folder, ignore_errors=True)
            raise
        finally:
            with self._changed:
                self._reserved -= len(recipes)
        for ticket in tickets:
            self._take(ticket)
        return tickets

    def prefer(self, run: str, image: str, more: int | None) -> None:
        """Go on with a run from another image: at its next round, or anew where it has ended."""
        folder = self.shelf.folder(run)
        with self._changed:
            ticket = self._tickets.get(run)
            # Nobody begins it meanwhile.
            if waits := ticket in self._waiting:
                choose(folder, image, more)
        if waits or (ticket and ticket.prefer(image, more)):
            return
        self.go_on(run, first=lambda: choose(folder, image, more))

    def go_on(
        self, run: str, rounds: int | None = None, first: Callable[[], object] = lambda: None
    ) -> Ticket:
        """Go on with a run that nobody works on, or extend it; `first` writes to its journal."""
        folder = self.shelf.folder(run)
        self._reserve(1)
        try:
            self._let_go(run)
            first()
            marks.put(folder, Mark(marks.QUEUED, rounds))
            ticket = Ticket(run, folder, rounds)
            self._take(ticket)
        finally:
            with self._changed:
                self._reserved -= 1
        return ticket

    def cancel(self, run: str) -> None:
        """Stop a run before its next batch; one that waits is not begun."""
        with self._changed:
            ticket = self._tickets.get(run)
            if ticket is None:
                raise NoSuchRun(f"The run {run!r} neither waits nor is worked on.")
            ticket.cancelled = True
            ticket.stop.set()
            waits = ticket in self._waiting
            if waits:
                self._waiting.remove(ticket)
        if waits:
            self._settle(ticket, Interrupted(ticket.folder))

    def shut(self) -> None:
        """Take nothing more on, and stop everything before its next batch."""
        self.closing.set()
        with self._changed:
            left, tickets = list(self._waiting), list(self._tickets.values())
            self._waiting.clear()
            self._changed.notify_all()
        for ticket in tickets:
            ticket.stop.set()
        for ticket in left:
            self._settle(ticket, Interrupted(ticket.folder))

    def close(self) -> None:
        """Wait until the batch in hand is done and written, and let the models go."""
        self.shut()
        for thread in self._threads:
            if thread.ident:
                thread.join()
        self._seats.close()
        self._executor.close()

    def _reserve(self, count: int) -> None:
        with self._changed:
            waiting = len(self._waiting) + self._reserved
            if waiting + count > self._room or self.closing.is_set():
                seconds = max(1, round(self._pace * (waiting + 1) / len(self._threads)))
                raise QueueFull(waiting, seconds)
            self._reserved += count

    def _let_go(self, run: str) -> None:
        """Wait for a run that has its verdict to have its reports too."""
        ticket = self.ticket(run)
        if ticket is None:
            return
        if self.shelf.course(run).verdict is None:
            raise RunBusy(Path(run))
        try:
            ticket.done.result(timeout=REPORTS)
        except TimeoutError as error:
            raise RunBusy(Path(run)) from error
        except CohpError:
            return

    def _take(self, ticket: Ticket) -> None:
        with self._changed:
            if ticket.run in self._tickets:
                raise RunBusy(Path(ticket.run))
            self._tickets[ticket.run] = ticket
            self._waiting.append(ticket)
            self._changed.notify()

    def _next(self) -> Ticket | None:
        with self._changed:
            while not self._waiting:
                if self.closing.is_set():
                    return None
                self._changed.wait()
            ticket = self._waiting.popleft()
            ticket.begun = True
            return ticket

    def _work(self) -> None:
        while ticket := self._next():
            began = monotonic()
            outcome = self._search(ticket)
            self._pace += 0.2 * (monotonic() - began - self._pace)
            self._settle(ticket, outcome)

    def _search(self, ticket: Ticket) -> Result | Exception:
        try:
            with Engine(self._seats.seat()) as engine:
                return engine.resume(
                    ticket.folder,
                    rounds=ticket.rounds,
                    on_event=self._hear,
                    on_run=ticket.begin,
                    stop=ticket.stop,
                )
        except CohpError as error:
            return error
        except Exception as error:
            log.exception("a run failed", extra={"run": ticket.run})
            return error

    def _hear(self, event: Told) -> None:
        if isinstance(event, ImageDone):
            self._metrics.count("cohp_images_total")

    def _settle(self, ticket: Ticket, outcome: Result | Exception) -> None:
        """Write down how a run ended, let go of it, and tell who waits for it."""
        mark, state = _ending(ticket, outcome)
        # A disk that took no line of the run takes none of ours; it stays queued, and is tried
        # again by the next server.
        with suppress(RunTrouble, OSError):
            if mark:
                marks.put(ticket.folder, mark)
        ticket.at_work.set()
        with self._changed:
            del self._tickets[ticket.run]
        self._metrics.count("cohp_runs_total", state=state)
        log.info("run ended", extra={"run": ticket.run, "state": state})
        if isinstance(outcome, Exception):
            ticket.done.set_exception(outcome)
        else:
            ticket.done.set_result(outcome)


def _ending(ticket: Ticket, outcome: Result | Exception) -> tuple[Mark | None, str]:
    if isinstance(outcome, Result):
        return None, "finished"
    if isinstance(outcome, Interrupted):
        return (Mark(marks.CANCELLED), "cancelled") if ticket.cancelled else (None, "interrupted")
    ours = isinstance(outcome, CohpError)
    reason = said(outcome) if ours else "a fault of the server's; see its log"
    return Mark(marks.FAILED, reason=reason), "failed"
