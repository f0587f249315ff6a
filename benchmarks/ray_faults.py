"""A batch on a Ray cluster of several nodes on this machine, hurt in every way, and compared.

A node is removed, a worker killed, the driver killed and started again; one prompt more crashes
whatever draws it. Every result must be that of one machine. How often each shot was drawn is told:
a fault may have what was in the air drawn again, and faults within seconds the same shots.

python benchmarks/ray_faults.py --prompts 200 --nodes 3
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any

import counted
import numpy as np
from PIL import Image

from cohp.batch.book import Done
from cohp.batch.driving import Cluster, Where
from cohp.batch.lines import Asked
from cohp.batch.records import Records
from cohp.engine import Engine, Job, compose
from cohp.record.folder import RunFolder
from cohp.record.places import run_name

SUBJECTS = ("fox", "owl", "boat", "house", "tree", "cat", "horse", "car")
COLOURS = ("red", "blue", "green", "yellow", "white", "black", "orange", "purple")
PLACES = ("in a forest", "by the sea", "on a hill", "in a city")
MODELS = {
    "embedded": (
        counted.entry("counted-poster", "mini-poster", side=128),
        counted.entry("counted-mural", "mini-mural", side=256),
    ),
    "fake": (
        counted.entry("counted-poster", "fake-ink", seconds=0.3),
        counted.entry("counted-mural", "fake-wash", seconds=0.3),
    ),
}
REWARD = {"embedded": "mini-judge", "fake": "fake"}
# A logical CPU of each node stays free: two make one worker.
CPUS, STORE = 2, 100_000_000
# Ray's workers are nice to others, who would starve them on a machine of two cores.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}


class Deaf:
    """Hears of outcomes and says nothing: the records tell."""

    def done(self, done: Done) -> None:
        """Hear."""

    def state(self, cluster: Cluster) -> None:
        """Hear."""


def asked(number: int, kind: str) -> list[Asked]:
    """Return so many prompts, and a poison prompt among them."""
    prompts = [
        f"a {COLOURS[n % 8]} {SUBJECTS[n // 8 % 8]} {PLACES[n // 64 % 4]}" for n in range(number)
    ]
    prompts.insert(number // 3, f"a {counted.POISON} bottle")
    options = {"models": ["counted-poster", "counted-mural"], "reward": REWARD[kind]}
    options |= {"per_model": 1, "rounds": 1, "batch": 1}
    return [
        Asked(n, n, run_name(n, each), compose(each, seed=n, **options))
        for n, each in enumerate(prompts, start=1)
    ]


def is_poison(asked: Asked) -> bool:
    """Tell whether a prompt crashes whatever draws it."""
    return counted.POISON in asked.recipe.prompt


def drive(out: str, address: str) -> None:
    """Do what is left of a batch, as `cohp batch --ray` does."""
    from threading import Event  # noqa: PLC0415 - only a driver imports Ray

    from cohp.batch.cluster import work  # noqa: PLC0415 - likewise

    records = Records(out)
    todo = records.reopen().left(retry=False)
    work(records, todo, where=Where(address), hear=Deaf(), stop=Event())


def begin_driver(out: Path, address: str) -> subprocess.Popen[bytes]:
    """Start a driver as a process of its own."""
    command = [sys.executable, __file__, "--drive", str(out), "--address", address]
    return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - ourselves


class Hurt:
    """A batch under way on a cluster, and the ways to hurt it."""

    def __init__(self, cluster: Any, out: Path) -> None:  # noqa: ANN401 - Ray's own
        self._cluster = cluster
        self._out = out
        self._driver = begin_driver(out, cluster.address)

    def wait(self, count: int) -> None:
        """Wait until so many prompts have their record."""
        while len(list((self._out / "records").glob("*.json"))) < count:
            if self._driver.poll() is not None:
                raise SystemExit(f"the driver ended with {self._driver.returncode}")
            time.sleep(0.2)

    def remove_node(self) -> None:
        """Take a node away, with all that works on it, without a word."""
        node = next(iter(self._cluster.worker_nodes))
        self._cluster.remove_node(node, allow_graceful=False)

    def kill_worker(self) -> None:
        """Kill a process that draws."""
        # The one before may have crashed a moment ago, and the next be on its way.
        while not (workers := self._workers()):
            time.sleep(0.2)
        os.kill(workers[0], signal.SIGKILL)

    def _workers(self) -> list[int]:
        pids = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
        return [pid for pid in pids if _is_worker(pid, self._out)]

    def kill_driver(self) -> None:
        """Kill the driver and begin another."""
        self._driver.kill()
        self._driver.wait()
        self._driver = begin_driver(self._out, self._cluster.address)

    def finish(self) -> None:
        """Wait for the end."""
        if code := self._driver.wait():
            raise SystemExit(f"the driver ended with {code}")


def _is_worker(pid: int, out: Path) -> bool:
    """Tell whether a process is one that draws for this batch, and not for another's."""
    try:
        name = Path(f"/proc/{pid}/cmdline").read_text()
        mine = str(out.parent).encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return mine and name.startswith("ray::ServeReplica") and "generators" in name


def surround(room: Path, *entries: str) -> None:
    """Set what this process and all of Ray's are to find: a home, the counted models."""
    os.environ |= {**ENVIRONMENT, "HOME": str(room)}
    os.environ |= counted.install(room / "plugin", *entries)
    sys.path.insert(0, str(room / "plugin"))


def alone(out: Path, batch: Sequence[Asked]) -> None:
    """Do a batch on this machine, without Ray."""
    jobs = (Job(each.number, each.recipe, out / each.name) for each in batch)
    with Engine() as engine:
        for _ in engine.work(jobs):
            pass


@contextmanager
def cluster_of(nodes: int) -> Iterator[Any]:
    """Have a cluster of so many nodes, all of them on this machine."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - its environment is set by now

    head = {"num_cpus": CPUS, "object_store_memory": STORE, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes - 1):
            cluster.add_node(num_cpus=CPUS, object_store_memory=STORE)
        yield cluster
    finally:
        cluster.shutdown()


def hurt(cluster: Any, out: Path, batch: Sequence[Asked]) -> None:  # noqa: ANN401 - Ray's own
    """Do a batch on a cluster while it is being taken apart."""
    Records(str(out)).begin(batch, [])
    batching = Hurt(cluster, out)
    faults = (batching.remove_node, batching.kill_worker, batching.kill_driver)
    for part, fault in enumerate(faults, start=1):
        batching.wait(len(batch) * part // 4)
        print(f"{time.strftime('%X')} {fault.__name__}", file=sys.stderr)
        fault()
    batching.finish()


def compare(here: Path, there: Path, batch: Sequence[Asked], log: Path) -> list[str]:
    """Return what came of it, a row of a table each."""
    done = Records(str(there)).done()
    failed = [each for each in batch if done[each.number].reason]
    same = alike = 0
    apart: list[float] = []
    for each in batch:
        if each in failed:
            continue
        one, other = RunFolder(here / each.name), RunFolder(there / each.name)
        same += _scores(one).keys() == _scores(other).keys()
        apart += [
            abs(score - _scores(other).get(shot, inf)) for shot, score in _scores(one).items()
        ]
        alike += _alike(one.best, other.best)
    times = counted.drawn(log)
    expected = sum(len(RunFolder(here / each.name).entries) for each in batch if each not in failed)
    return [
        f"| prompts with a result | {len(done) - len(failed)} of {len(batch) - 1} |",
        f"| listed as failed | {len(failed)}: {failed[0].name if failed else ''} |",
        f"| same shots, and so the same picks, as on one machine | {same} |",
        f"| largest difference of a score | {max(apart):.4f} |",
        f"| best images within one level of those of one machine | {alike} |",
        f"| shots of these prompts | {expected:,} |",
        f"| shots drawn once, twice, more often | {_spread(times)} |",
    ]


def _alike(one: Path, other: Path) -> bool:
    """Tell whether two pictures differ by a level at most."""
    levels = [np.asarray(Image.open(path), dtype=int) for path in (one, other)]
    same_size = levels[0].shape == levels[1].shape
    return same_size and int(np.abs(levels[0] - levels[1]).max()) <= 1


def _scores(run: RunFolder) -> dict[str, float]:
    """Return each shot's score by its id, which tells its model, seed, parent and strength."""
    return {shot: each.mean for shot, each in run.entries.items()}


def _spread(times: dict[str, int]) -> str:
    counts = [sum(each == n for each in times.values()) for n in (1, 2)]
    return ", ".join(map(str, [*counts, len(times) - sum(counts)]))


def main() -> None:
    """Compare, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--models", choices=sorted(MODELS), default="embedded")
    parser.add_argument("--drive", help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.drive:
        drive(given.drive, given.address)
        return
    with tempfile.TemporaryDirectory(prefix="cohp-faults-") as folder:
        room = Path(folder)
        surround(room, *MODELS[given.models])
        batch = asked(given.prompts, given.models)
        alone(room / "here", [each for each in batch if not is_poison(each)])
        log = room / "drawn.log"
        os.environ[counted.LOG] = str(log)
        began = time.monotonic()
        with cluster_of(given.nodes) as cluster:
            hurt(cluster, room / "there", batch)
        print(f"| {given.prompts} prompts and a poison, {given.nodes} nodes, {given.models} | |")
        print("|---|---|")
        print("\n".join(compare(room / "here", room / "there", batch, log)))
        print(f"| minutes, faults and all | {(time.monotonic() - began) / 60:.0f} |")


if __name__ == "__main__":
    main()
