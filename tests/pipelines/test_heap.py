"""What threads have freed goes back, and where room is short they share one heap."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest
import torch
from drawing import draw, generator, shot

from cohp.engine import compose
from cohp.executors import local
from cohp.executors.local import LocalExecutor
from cohp.pipelines import diffusers
from cohp.pipelines.heap import trim

PAGE = 4096
GLIBC = os.confstr_names.get("CS_GNU_LIBC_VERSION") if sys.platform == "linux" else None
# Four threads at once, each with something of its own.
THREADS = """
from ctypes import CDLL, c_void_p, c_int
from threading import Barrier, Thread
from cohp.pipelines.heap import share
share()
libc = CDLL(None)
libc.malloc.restype = c_void_p
meeting = Barrier(4)
def work():
    meeting.wait()
    libc.malloc(5000)
    meeting.wait()
threads = [Thread(target=work) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
libc.malloc_info(c_int(0), c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_a_thread_at_rest_has_freed_is_given_back():
    freed, done = Event(), Event()

    def work():
        held = [torch.ones(10_000) for _ in range(2_000)]
        # The last one stays, and with it all that lies before it.
        last = held.pop()
        held.clear()
        freed.set()
        done.wait()
        del last

    thread = Thread(target=work)
    thread.start()
    freed.wait()
    before = resident()
    trim()
    gained = before - resident()
    done.set()
    thread.join()
    assert gained > 40_000_000


@pytest.mark.skipif(GLIBC is None, reason="glibc's heaps")
def test_threads_share_one_heap_unless_somebody_has_said_otherwise():
    def heaps(**environment):
        told = {name: text for name, text in os.environ.items() if not name.startswith("MALLOC_")}
        done = subprocess.run(
            [sys.executable, "-c", THREADS], env=told | environment, capture_output=True, check=True
        )
        return done.stdout.count(b"<heap nr=")

    assert heaps() == 1
    assert heaps(MALLOC_ARENA_MAX="8") > 1


def test_a_batch_gives_back_what_it_has_freed(monkeypatch):
    done = []
    drawer = generator("sd15")
    decode = drawer._pictures
    monkeypatch.setattr(diffusers, "trim", lambda: done.append("trimmed"))
    monkeypatch.setattr(drawer, "_pictures", lambda *told: done.append("decoded") or decode(*told))
    draw(drawer, shot("sd15", 1))
    assert done == ["trimmed", "decoded", "trimmed"]


@pytest.mark.parametrize(("memory", "times"), [("95MB", 1), ("1GB", 0)])
def test_one_heap_is_slower_and_is_for_where_models_cannot_all_stay(monkeypatch, memory, times):
    shared = []
    monkeypatch.setattr(local, "share", lambda: shared.append("shared"))
    asked = {"models": ["mini-poster", "mini-mural"], "reward": "mini-judge", "memory": memory}
    LocalExecutor().plan([compose("a fox", **asked)])
    assert len(shared) == times
