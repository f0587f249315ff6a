"""What threads have freed goes back to the system, so that a plan's figure is what is taken."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event, Thread

import pytest
import torch

from cohp.pipelines.memory import trim

PAGE = 4096


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
