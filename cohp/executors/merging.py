"""Merges what many searches ask for at the same time, so that a model's shots share batches.

Each search works in a thread of its own and asks through a seat. A wave is drawn once every
seat waits, or once the first has waited long enough: model by model, the one at work first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Condition, Lock, Thread
from time import monotonic
from typing import Protocol, Self, runtime_checkable

from cohp.executors.base import Executor, Stop, batch_key
from cohp.placement.plan import Plan
from cohp.recipe import Recipe
from cohp.types import Answer, Drawn, Jury, Note, Shot

Revisions = Mapping[str, str]


@runtime_checkable
class Seats(Protocol):
    """Gives each of many searches an executor; an executor that is many by itself does so too."""

    def seat(self) -> Executor:
        """Return a place to ask from, until it is closed."""
        ...

    def close(self) -> None:
        """End once what was asked for is answered."""
        ...


@dataclass(eq=False)
class _Request:
    """What one seat asked for, and the answers on their way to it; None is the last."""

    seat: Seat
    shots: Sequence[Shot]
    jury: Jury
    parents: Mapping[str, Drawn]
    stop: Stop
    answers: SimpleQueue[tuple[Answer | Note, Revisions] | BaseException | None] = field(
        default_factory=SimpleQueue
    )

    def __post_init__(self) -> None:
        self.left = {shot.id for shot in self.shots}
        self.ended = False


class Merging:
    """Lets many seats share one executor, which works in one thread, one wave at a time."""

    def __init__(self, inner: Executor, patience: float | None = None) -> None:
        """Wait for every seat, or where there is `patience` for no more than so many seconds."""
        self._inner = inner
        self._patience = patience
        # What libraries import when it is first needed, two threads must not need at once.
        self._alone = Lock()
        self._changed = Condition()
        # Who is about to ask: a wave waits for them.
        self._busy: set[Seat] = set()
        self._pending: list[_Request] = []
        self._since = 0.0
        self._closed = False
        self._last_model = ""
        self._thread = Thread(target=self._work, name="merging", daemon=True)
        self._thread.start()

    def seat(self) -> Seat:
        """Return a place to ask from; waves wait for its next ask until it is closed."""
        seat = Seat(self, self._inner)
        with self._changed:
            self._busy.add(seat)
        return seat

    def close(self) -> None:
        """End once what was asked for is answered; the executor stays open."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End once what was asked for is answered."""
        self.close()

    def require(self, models: Sequence[str], jury: Jury) -> None:
        """Raise `Missing` where something the work needs is not here; one seat at a time."""
        with self._alone:
            self._inner.require(models, jury)

    def ask(self, request: _Request) -> None:
        """Take in what a seat asks for."""
        with self._changed:
            self._busy.discard(request.seat)
            if not self._pending:
                self._since = monotonic()
            self._pending.append(request)
            self._changed.notify_all()

    def leave(self, seat: Seat) -> None:
        """Wait for a seat no longer."""
        with self._changed:
            self._busy.discard(seat)
            self._changed.notify_all()

    def _work(self) -> None:
        while wave := self._next_wave():
            for group in self._groups(wave):
                self._draw(*group)
            for request in wave:
                self._end(request)

    def _next_wave(self) -> list[_Request]:
        """Return what is asked for once it is worth drawing; nothing at the very end."""
        with self._changed:
            while not (self._pending and self._is_ripe()):
                if self._closed and not self._pending:
                    return []
                self._changed.wait(self._left() if self._pending else None)
            wave, self._pending = self._pending, []
            return wave

    def _is_ripe(self) -> bool:
        left = self._left()
        return not self._busy or self._closed or (left is not None and left <= 0)

    def _left(self) -> float | None:
        return None if self._patience is None else self._patience + self._since - monotonic()

    def _groups(self, wave: Sequence[_Request]) -> Iterable[tuple[list[Shot], list[_Request]]]:
        """Return the shots of a wave that go together, each with those who asked for any."""
        groups: dict[tuple[object, ...], tuple[dict[str, Shot], dict[_Request, None]]] = {}
        asked = [(request, shot) for request in wave for shot in request.shots]
        # The model at work first, then as they come; a sort keeps the order of equals.
        models = dict.fromkeys(shot.model for _, shot in asked)
        order = {model: place for place, model in enumerate(models)} | {self._last_model: -1}
        for request, shot in sorted(asked, key=lambda each: order[each[1].model]):
            key = (batch_key(shot), request.jury)
            shots, requests = groups.setdefault(key, ({}, {}))
            # Equal shots of two searches are drawn once.
            shots[shot.id] = shot
            requests[request] = None
        return [(list(shots.values()), list(requests)) for shots, requests in groups.values()]

    def _draw(self, shots: list[Shot], requests: list[_Request]) -> None:
        parents = {name: drawn for each in requests for name, drawn in each.parents.items()}
        self._last_model = shots[0].model
        stop = _AllStop([each.stop for each in requests])
        try:
            with self._alone:
                for item in self._inner.answer(
                    shots, jury=requests[0].jury, parents=parents, stop=stop
                ):
                    self._hand_out(item, requests, stop)
        except BaseException as error:  # noqa: BLE001 - it belongs to those who asked
            for request in requests:
                self._end(request, error)

    def _hand_out(self, item: Answer | Note, requests: Iterable[_Request], stop: Stop) -> None:
        revisions = self._inner.revisions()
        for request in requests:
            if isinstance(item, Note):
                request.answers.put((item, {}))
            elif item.shot.id in request.left:
                request.left.discard(item.shot.id)
                request.answers.put((item, revisions))
                if not request.left:
                    self._end(request)
            elif request.stop.is_set() and not stop.is_set():
                # What is drawn by now is others': who was stopped alone waits for it no longer.
                self._end(request)

    def _end(self, request: _Request, error: BaseException | None = None) -> None:
        """Let a seat go on, and wait for what it asks next; a second end means nothing."""
        if request.ended:
            return
        request.ended = True
        request.left.clear()
        with self._changed:
            if not request.seat.closed:
                self._busy.add(request.seat)
        request.answers.put(error)


class Seat:
    """The executor of one search among many."""

    def __init__(self, merging: Merging, inner: Executor) -> None:
        self._merging = merging
        self._inner = inner
        self._names: set[str] = set()
        self._revisions: Revisions = {}
        self.closed = False

    def require(self, models: Sequence[str], jury: Jury) -> None:
        """Raise `Missing` where something the work needs is not here; nothing is loaded."""
        self._merging.require(models, jury)

    def plan(self, recipes: Sequence[Recipe]) -> Plan | None:
        """Decide who is held where while these run beside the others; nothing is loaded."""
        return self._inner.plan(recipes)

    def answer(
        self, shots: Sequence[Shot], *, jury: Jury, parents: Mapping[str, Drawn], stop: Stop
    ) -> Iterator[Answer | Note]:
        """Have `shots` drawn and scored with those of the other seats."""
        self._names |= {f"model {shot.model}" for shot in shots}
        self._names |= {f"reward {name}" for name in (jury.reward, jury.referee)}
        request = _Request(self, shots, jury, parents, stop)
        self._merging.ask(request)
        while (item := request.answers.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            answer, revisions = item
            self._revisions = {**self._revisions, **revisions}
            yield answer

    def revisions(self) -> Revisions:
        """Return the revisions of what this search has used, when it was used."""
        return {name: each for name, each in self._revisions.items() if name in self._names}

    def close(self) -> None:
        """Have nobody wait for this seat any longer."""
        self.closed = True
        self._merging.leave(self)


class _AllStop:
    """Set once all of several are."""

    def __init__(self, stops: Sequence[Stop]) -> None:
        self._stops = stops

    def is_set(self) -> bool:
        return all(each.is_set() for each in self._stops)
