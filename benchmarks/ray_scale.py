"""What a cluster costs: overhead a shot, how workers add up, and what would limit many GPUs.

Drawing takes a fixed time here that costs no processor, so that two cores can tell. Prints the
Markdown of docs/scale.md.

python benchmarks/ray_scale.py
"""

from __future__ import annotations

import argparse
import heapq
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import counted
import ray_faults

from cohp.batch.lines import Asked
from cohp.batch.records import Records
from cohp.engine import compose
from cohp.executors.base import Executor
from cohp.executors.local import LocalExecutor
from cohp.record.places import run_name
from cohp.search.base import opening
from cohp.types import Jury

MODELS = ("counted-poster", "counted-mural")
SECONDS = 1.0
WORKERS = (1, 2, 4)
# Eight shots a prompt: two a model, and two rounds of two.
SHOTS = 8
GPUS = (8, 64, 512)
# What an image of SDXL's size takes a GPU to draw and to judge, and the CPUs that stand beside one.
DRAW, JUDGE, CPUS_A_GPU = 4.0, 0.15, 4


def main() -> None:
    """Measure, simulate, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=8, help="prompts a worker")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cohp-ray-") as folder:
        room = Path(folder)
        ray_faults.surround(
            room,
            counted.entry(MODELS[0], "fake-ink", seconds=SECONDS),
            counted.entry(MODELS[1], "fake-wash", seconds=SECONDS),
        )
        _overhead()
        costs = _workers(room, asked.prompts)
        _simulated(costs)


def _overhead() -> None:
    """Print what a shot takes more on a cluster than here, four shots an ask."""
    from cohp.executors.ray.cluster import joined, nodes  # noqa: PLC0415 - HOME is set by now
    from cohp.executors.ray.executor import RayExecutor  # noqa: PLC0415 - likewise
    from cohp.executors.ray.site import open_site  # noqa: PLC0415 - likewise

    print("| image | local executor, ms a shot | on Ray | more |\n|---|---|---|---|")
    with (
        joined(None),
        open_site("overhead", nodes(), models=["fake-ink"], judges=["fake"]) as site,
    ):
        for side in (64, 512, 1024):
            here, there = (
                _each(executor, side) for executor in (LocalExecutor(), RayExecutor(site))
            )
            row = f"{1000 * here:.1f} | {1000 * there:.1f} | {1000 * (there - here):.1f}"
            print(f"| {side}x{side} | {row} |")
    print()


def _each(executor: Executor, side: int, asks: int = 12) -> float:
    """Return the seconds a shot takes, the best of several asks."""
    best = float("inf")
    for seed in range(asks):
        recipe = compose(
            "a fox",
            models=["fake-ink"],
            reward="fake",
            per_model=4,
            seed=seed,
            width=side,
            height=side,
        )
        shots = opening(recipe).shots
        began = time.perf_counter()
        list(executor.answer(shots, jury=Jury("fake"), parents={}, stop=Event()))
        best = min(best, time.perf_counter() - began)
    return best / len(shots)


def _workers(room: Path, prompts: int) -> Mapping[str, float]:
    """Print how busy workers are; return the processor seconds a shot, by kind of process."""
    print(f"| workers | shots | shots a second | of {1 / SECONDS:.0f} a second and worker |")
    print("|---|---|---|---|")
    costs: dict[str, float] = {}
    for count in WORKERS:
        log = os.environ[counted.LOG] = str(room / f"drawn-{count}.log")
        batch = _batch(prompts * count)
        records = Records(str(room / f"out-{count}"))
        records.begin(batch, [])
        ray_faults.CPUS = count + 1
        with ray_faults.cluster_of(1) as cluster:
            driver = ray_faults.begin_driver(room / f"out-{count}", cluster.address)
            costs = _watched(driver.pid, Path(log), len(batch) * SHOTS)
            driver.wait()
        times = sorted(float(line.split()[1]) for line in Path(log).read_text().splitlines())
        # The middle: all workers have begun, and none has run out of work.
        middle = times[len(times) // 4 : 3 * len(times) // 4]
        # What was drawn after its first batch was, by the end of its last.
        pace = sum(each > middle[0] for each in middle) / (middle[-1] - middle[0])
        share = pace * SECONDS / count
        print(f"| {count} | {len(times)} | {pace:.2f} | {100 * share:.0f} % |", flush=True)
    print()
    return costs


def _batch(count: int) -> list[Asked]:
    options = {"models": list(MODELS), "reward": "fake", "per_model": 2, "rounds": 2, "batch": 2}
    prompts = [f"a fox in scene {number}" for number in range(count)]
    return [
        Asked(n, n, run_name(n, each), compose(each, seed=n, **options))
        for n, each in enumerate(prompts, start=1)
    ]


KINDS = {
    "driver": "--drive",
    "Ray's head (GCS)": "gcs_server",
    "Serve's controller": "ray::ServeController",
    "search": "_search",
    "judge": "-reward-",
    "node (raylet)": "raylet/raylet",
}


def _watched(driver: int, log: Path, shots: int) -> dict[str, float]:
    """Return what each kind of process takes of a processor, a shot, over the middle of a batch."""
    marks = {}
    for part in (0.25, 0.75):
        while _lines(log) < part * shots:
            time.sleep(0.1)
        marks[part] = (_lines(log), _processor(driver))
    (began, before), (ended, after) = marks[0.25], marks[0.75]
    return {
        kind: sum(after[kind].get(pid, was) - was for pid, was in before[kind].items())
        / (ended - began)
        for kind in KINDS
    }


def _lines(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def _processor(driver: int) -> dict[str, dict[int, float]]:
    """Return the processor seconds of each process so far."""
    spent: dict[str, dict[int, float]] = {kind: {} for kind in KINDS}
    for pid, command, seconds in _processes():
        for kind, mark in KINDS.items():
            if mark in command and (kind != "driver" or pid == driver):
                spent[kind][pid] = seconds
    return spent


def _processes() -> Iterator[tuple[int, str, float]]:
    mine = os.environ["HOME"].encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mine in (entry / "environ").read_bytes():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                yield int(entry.name), (entry / "cmdline").read_text(), seconds
        except OSError:
            continue


@dataclass
class Station:
    """Something that serves one request in so many seconds, several at a time."""

    name: str
    servers: int
    seconds: float
    busy: float = 0.0

    def __post_init__(self) -> None:
        self._free = [0.0] * self.servers

    def serve(self, now: float, shots: int) -> float:
        """Return when it is done with the shots that come now."""
        began = max(now, heapq.heappop(self._free))
        took = self.seconds * shots
        self.busy += took
        heapq.heappush(self._free, began + took)
        return began + took


def _simulated(costs: Mapping[str, float]) -> None:
    print("| process | milliseconds of a processor a shot |\n|---|---|")
    for kind, seconds in costs.items():
        print(f"| {kind} | {1000 * seconds:.1f} |")
    print("\n| GPUs | shots a second | GPUs busy | busiest beside them | its share of the time |")
    print("|---|---|---|---|---|")
    for gpus in GPUS:
        pace, stations = simulate(gpus, costs)
        length = stations[0].busy
        beside = max(stations[2:], key=lambda each: each.busy / each.servers)
        drawing = stations[1]
        share = 100 * beside.busy / beside.servers / length
        busy = 100 * drawing.busy / drawing.servers / length
        print(f"| {gpus} | {pace:.1f} | {busy:.0f} % | {beside.name} | {share:.0f} % |")


def simulate(
    gpus: int, costs: Mapping[str, float], rounds: int = 60
) -> tuple[float, list[Station]]:
    """Return the pace of many searches at once, and the stations; the first holds the time.

    Two searches a GPU go round: a batch of two is drawn, judged, and decided on.
    """
    nodes = -(-gpus // 8)
    stations = [
        Station("drawing", gpus, DRAW),
        Station("judges", -(-gpus // 8), JUDGE + costs["judge"]),
        Station("searches' processors", gpus * CPUS_A_GPU, costs["search"]),
        Station("raylets", nodes, costs["node (raylet)"]),
        Station("driver", 1, costs["driver"]),
        Station("Ray's head (GCS)", 1, costs["Ray's head (GCS)"]),
        Station("Serve's controller", 1, costs["Serve's controller"]),
    ]
    shots = 2
    queue = [(0.0, search, 0, 0) for search in range(2 * gpus)]
    heapq.heapify(queue)
    ended, drawn = 0.0, 0
    while queue:
        now, search, place, done = heapq.heappop(queue)
        if place == len(stations):
            drawn, ended = drawn + shots, now
            if done + 1 < rounds:
                heapq.heappush(queue, (now, search, 0, done + 1))
            continue
        heapq.heappush(queue, (stations[place].serve(now, shots), search, place + 1, done))
    return drawn / ended, [Station("time", 1, 0, ended), *stations]


if __name__ == "__main__":
    main()
