"""A batch on a Ray cluster: each prompt's search is a task that any node may do.

A task that loses its process or its node is begun again elsewhere, by Ray, a bounded number of
times. What a search leaves is its record, written last; whatever has none is searched for again.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from time import monotonic
from typing import Any, Protocol

import ray
from ray.exceptions import RayError, RayTaskError

from cohp.batch.book import Done
from cohp.batch.driving import Cluster, Where
from cohp.batch.lines import Asked
from cohp.batch.records import Records
from cohp.batch.scratch import searched
from cohp.engine import Engine
from cohp.errors import WorkersDied
from cohp.executors.base import Stop
from cohp.executors.ray.cluster import joined, nodes, use
from cohp.executors.ray.executor import RayExecutor
from cohp.executors.ray.site import Site, open_site
from cohp.executors.ray.sizes import SEARCHING_CPUS

# How often Ray begins a search again whose process or node was lost.
RETRIES = 2
# Seconds between two looks at the cluster.
LOOK_EVERY = 2.0


class Hearer(Protocol):
    """Hears what became of a prompt, whose record is there, and how the cluster is."""

    def done(self, done: Done) -> None:
        """Hear what became of a prompt."""
        ...

    def state(self, cluster: Cluster) -> None:
        """Hear how the cluster is by now."""
        ...


def work(
    records: Records, todo: Sequence[Asked], *, where: Where, hear: Hearer, stop: Stop
) -> None:
    """Search for each of `todo` on a cluster until all are done, or `stop` is set.

    Stopped, it ends once the searches in hand have their records.
    """
    recipes = [each.recipe for each in todo]
    models = list(dict.fromkeys(model.name for each in recipes for model in each.models))
    judged = [name for each in recipes for name in (each.reward, each.referee) if name]
    with joined(where.address) as dashboard:
        there = nodes()
        place = hashlib.sha256(str(records.place).encode()).hexdigest()[:8]
        with open_site(
            f"cohp-{place}",
            there,
            models=models,
            judges=list(dict.fromkeys(judged)),
            workers=where.workers,
        ) as site:
            _Searching(records, site, hear, stop, dashboard).all_of(todo)


class _Searching:
    """The searches in flight, and what becomes of them."""

    def __init__(
        self, records: Records, site: Site, hear: Hearer, stop: Stop, dashboard: str | None
    ) -> None:
        self._records = records
        self._site = site
        self._hear = hear
        self._stop = stop
        self._dashboard = dashboard
        self._flying: dict[Any, Asked] = {}
        self._looked = 0.0

    def all_of(self, todo: Sequence[Asked]) -> None:
        """Search for all; those at which workers died once more at the end, one by one.

        Whoever brings workers down takes with him what they had in hand beside him. Alone at the
        end, he can be told from those who only stood by.
        """
        suspects = list(self._done(deque(todo), self._site.sizes.searches))
        for each in suspects:
            for last in self._done(deque([each]), 1):
                self._fail(last, str(WorkersDied(f"searched for {last.name}", RETRIES + 1)))

    def _done(self, waiting: deque[Asked], at_once: int) -> Iterator[Asked]:
        """Search with so many at a time; yield those at which workers died."""
        while self._flying or (waiting and not self._stop.is_set()):
            while waiting and len(self._flying) < at_once and not self._stop.is_set():
                asked = waiting.popleft()
                self._flying[_search.remote(self._records, asked, self._site)] = asked
            if not self._flying:
                return
            ready, _ = ray.wait([*self._flying], timeout=LOOK_EVERY)
            for each in ready:
                asked = self._flying.pop(each)
                if not self._settled(each, asked):
                    yield asked
            self._look()

    def _settled(self, search: Any, asked: Asked) -> bool:  # noqa: ANN401 - a reference of Ray
        """Tell what became of a search, or that workers died at it."""
        try:
            done: Done | None = ray.get(search)
        except RayTaskError as error:
            # No error of ours: a fault in a plug-in, or in us.
            self._fail(asked, str(error.cause or error).strip().rpartition("\n")[2])
            return True
        except RayError:
            return False
        if done is None:
            return False
        self._hear.done(done)
        return True

    def _fail(self, asked: Asked, reason: str) -> None:
        done = Done(asked.number, reason=reason)
        self._records.put(done)
        self._hear.done(done)

    def _look(self) -> None:
        if monotonic() - self._looked >= LOOK_EVERY:
            self._hear.state(Cluster(**asdict(use()), dashboard=self._dashboard))
            self._looked = monotonic()


@ray.remote(num_cpus=SEARCHING_CPUS, max_retries=RETRIES, retry_exceptions=False)
def _search(records: Records, asked: Asked, site: Site) -> Done | None:
    """Search for one prompt and leave its run and its record; None where workers died at it."""
    with (
        Engine(RayExecutor(site)) as engine,
        searched(engine, asked, records.place) as outcome,
    ):
        if isinstance(outcome.error, WorkersDied):
            return None
        if outcome.result:
            records.upload(outcome.result.run, asked.name)
        done = Done.of(outcome)
        records.put(done)
    return done
