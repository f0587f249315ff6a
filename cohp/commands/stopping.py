"""Ctrl-C, politely: the batch in hand is finished and recorded, then the run stops."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

import click

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_after_batch() -> Iterator[Event]:
    """Yield a flag that the first Ctrl-C sets; the second one stops at once."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        click.echo("Stopping after this batch; once more stops at once.", err=True)
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in SIGNALS:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        restore()
