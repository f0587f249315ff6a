"""The cluster: joined or started here, what its nodes have, and what of it is in use."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Nothing is told to anyone about who runs what.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray import serve
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cohp.errors import BadInput, Missing
from cohp.executors.machine import SHARE, cards_by_driver
from cohp.executors.ray.sizes import Node

LEAST_CPUS = 2
CARD = "accelerator_type:"


@contextmanager
def joined(address: str | None, http: tuple[str, int] | None = None) -> Iterator[str | None]:
    """Join the cluster at `address` or in RAY_ADDRESS; without one, start one on this machine.

    Serve answers at the host and port `http`, or at none. Yields where Ray shows what it does, if
    it does.
    """
    if ray.is_initialized():
        with _serve(http):
            yield None
        return
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    # One logical CPU stays free; a machine with a single one counts it twice.
    here = {"num_cpus": max(LEAST_CPUS, os.cpu_count() or 1)} if address == "local" else {}
    try:
        context = ray.init(
            address,
            include_dashboard=False if here else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
            **here,
        )
    except Exception as error:
        # What Ray raises has many classes, the bare one among them.
        said = str(error).strip().partition("\n")[0]
        if here:
            raise Missing(
                f"Ray does not start on this machine: {said} Try again when it has less to do; "
                "Ray's logs are in /tmp/ray/session_latest/logs."
            ) from error
        raise BadInput(
            f"There is no Ray cluster at {address}: {said} Start one there with "
            "`ray start --head`, or leave the address out."
        ) from error
    if here:
        _keep_to_oneself(Path.home() / ".ray" / "auth_token")
    try:
        with _serve(http):
            yield f"http://{context.dashboard_url}" if context.dashboard_url else None
    finally:
        ray.shutdown()


def _keep_to_oneself(token: Path) -> None:
    """Let nobody else read the token that lets people in: Ray writes it for all to read."""
    if token.is_file():
        token.chmod(0o600)


@contextmanager
def _serve(http: tuple[str, int] | None) -> Iterator[None]:
    """Have Serve run, saying only what is wrong, and end it where nobody else uses it."""
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    if http is None:
        serve.start(proxy_location="Disabled")
    else:
        host, port = http
        serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port})
    if http and not serve.status().proxies:
        raise BadInput(
            "Ray Serve runs on that cluster already, without HTTP. End what uses it and give "
            "`serve shutdown` there, or serve on another cluster."
        )
    try:
        yield
    finally:
        if not serve.status().applications:
            serve.shutdown()


def nodes() -> list[Node]:
    """Return what each node that is alive has."""
    alive = [each for each in ray.nodes() if each["Alive"]]
    asked = {
        each["NodeID"]: _cards.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(each["NodeID"], soft=False)
        ).remote()
        for each in alive
        if each["Resources"].get("GPU")
    }
    return [
        _node(each["Resources"], ray.get(asked[each["NodeID"]]) if each["NodeID"] in asked else ())
        for each in alive
    ]


def _node(has: dict[str, float], cards: Sequence[int]) -> Node:
    card = next((name.removeprefix(CARD) for name in has if name.startswith(CARD)), "")
    return Node(
        cpus=has.get("CPU", 0.0),
        host=int(has.get("memory", 0) * SHARE),
        gpus=int(has.get("GPU", 0)),
        card=card,
        free=int(min(cards, default=0) * SHARE),
    )


@ray.remote(num_cpus=0)
def _cards() -> list[int]:
    return list(cards_by_driver().values())


@dataclass(frozen=True)
class Use:
    """What the cluster has, and how much of it is taken."""

    nodes: int
    cpus: float
    cpus_used: float
    gpus: float
    gpus_used: float


def use() -> Use:
    """Return how the cluster is used by now."""
    total, free = ray.cluster_resources(), ray.available_resources()
    cpus, gpus = total.get("CPU", 0.0), total.get("GPU", 0.0)
    return Use(
        sum(each["Alive"] for each in ray.nodes()),
        cpus,
        cpus - free.get("CPU", 0.0),
        gpus,
        gpus - free.get("GPU", 0.0),
    )
