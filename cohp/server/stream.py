"""A run's events as server-sent events, read from its journal by each client at its own pace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from time import monotonic

from cohp.errors import CohpError
from cohp.server.answers import said
from cohp.server.course import Course, Told
from cohp.server.desk import Desk
from cohp.server.views import state_of

PAUSE = 0.15
# Seconds of silence after which a proxy might close the line.
SILENCE = 15


async def events(desk: Desk, run: str, after: int) -> AsyncIterator[Told | None]:
    """Yield what a run tells after event `after`, while it is worked on; None is a sign of life."""
    tail, course = desk.shelf.tail(run), Course(run)
    heard = monotonic()
    while True:
        # Before the look: what is told before a run is let go of is read after that.
        working = desk.ticket(run) is not None
        if tail.grown():
            for line in await asyncio.to_thread(tail.lines):
                for told in course.feed(line):
                    if told.id > after:
                        yield told
            heard = monotonic()
        if not working:
            # It has no number: it follows from who works on the run, not from the journal.
            yield Told(0, "state", {"state": state_of(course, None), "reason": course.reason})
            return
        if desk.closing.is_set():
            return
        if monotonic() - heard > SILENCE:
            heard = monotonic()
            yield None
        await asyncio.sleep(PAUSE)


async def text(source: AsyncIterator[Told | None]) -> AsyncIterator[str]:
    """Write events as a browser's EventSource reads them."""
    yield "retry: 2000\n\n"
    try:
        async for told in source:
            if told is None:
                yield ": still here\n\n"
                continue
            data = json.dumps(told.data, ensure_ascii=False, allow_nan=False)
            number = f"id: {told.id}\n" if told.id else ""
            yield f"{number}event: {told.name}\ndata: {data}\n\n"
    except CohpError as error:
        yield f"event: error\ndata: {json.dumps({'message': said(error)})}\n\n"
