"""What stands in for a cluster: the same searches in this process, recorded as a cluster does."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

from cohp.batch.book import Done
from cohp.batch.driving import Cluster
from cohp.engine import Engine, Job

CLUSTER = Cluster(3, 6, 5.4, 0, 0, "http://127.0.0.1:8265")


class StandIn:
    """Works one prompt after the other: some fail, at one it dies, at one Ctrl-C is pressed."""

    def __init__(self, poison=(), die=None, press=None):
        self.poison, self.die, self.press, self.calls = poison, die, press, []

    def __call__(self, records, todo, *, where, hear, stop):
        self.calls.append((where, [each.number for each in todo]))
        with TemporaryDirectory() as scratch, Engine() as engine:
            for each in todo:
                hear.state(CLUSTER)
                if each.number == self.press:
                    signal.raise_signal(signal.SIGINT)
                if stop.is_set():
                    return
                if each.number == self.die:
                    raise KeyboardInterrupt
                run = Path(scratch) / each.name
                (outcome,) = engine.work([Job(each.number, each.recipe, run)])
                done = Done.of(outcome)
                if each.number in self.poison:
                    done = Done(each.number, reason="3 workers died while they searched")
                else:
                    records.upload(run, each.name)
                records.put(done)
                hear.done(done)


def stands_in(monkeypatch, **how):
    """Have a stand-in work for `cohp batch --ray`, and return it."""
    standing = StandIn(**how)
    monkeypatch.setitem(sys.modules, "cohp.batch.cluster", SimpleNamespace(work=standing))
    return standing
