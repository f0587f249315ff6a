"""Reads the files of the next model while another draws, so that loading it finds them in memory.

They are read and forgotten: what stays is the system's file cache, which it gives up to whoever
needs the memory. Loading itself in a thread would change torch's default type under the drawing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

from cohp.naming import resolve
from cohp.whereabouts import place_of

CHUNK = 1 << 24


class ReadAhead:
    """At most one model's files, read by a thread."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._thread: Thread | None = None
        self._stop = Event()

    def begin(self, name: str) -> None:
        """Read a model's files, unless they are being read or were just now."""
        if name == self._name:
            return
        self.close()
        self._name = name
        self._stop = Event()
        self._thread = Thread(target=_read, args=(name, self._stop), daemon=True)
        self._thread.start()

    def wait(self, name: str) -> None:
        """Wait for the files of a model that is to be loaded now; stop reading any other's."""
        if name != self._name:
            self._stop.set()
        if self._thread:
            self._thread.join()
        self._name = self._thread = None

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        if self._thread:
            self._thread.join()
        self._name = self._thread = None


def _read(name: str, stop: Event) -> None:
    buffer = bytearray(CHUNK)
    for file in weights_of(name):
        try:
            with file.open("rb", buffering=0) as stream:
                while not stop.is_set() and stream.readinto(buffer):
                    pass
        except OSError:
            return  # whoever loads it says what is wrong


def weights_of(name: str) -> Iterator[Path]:
    """Yield the files of weights that a model is loaded from."""
    place = place_of(resolve(name))
    if place is not None:
        yield from [place] if place.is_file() else sorted(place.glob("*/*.safetensors"))
