"""The same app as an ingress of Ray Serve, over workers that draw and judge on the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import ray
from fastapi import FastAPI
from ray import serve

from cohp.engine import compose
from cohp.executors.ray.cluster import joined, nodes
from cohp.executors.ray.executor import RayExecutor
from cohp.executors.ray.site import Site, open_site
from cohp.server.app import create_app
from cohp.server.serving import PATIENCE
from cohp.server.settings import Settings

NAME = "cohp-serve"
# A logical CPU's share that the app counts as, and requests that it answers at a time: streams
# stay open as long as someone watches.
CPUS, AT_ONCE = 0.1, 1000


@contextmanager
def serving(settings: Settings, address: str | None, workers: str | None) -> Iterator[None]:
    """Serve on a cluster until the block ends; the runs lie on this machine."""
    defaults = dict(settings.defaults)
    usual = compose("any", defaults.pop("recipe", None), **defaults)
    settings = replace(settings, runs=Path(settings.runs).absolute())
    with (
        joined(address, (settings.host, settings.port)),
        open_site(
            NAME,
            nodes(),
            models=[each.name for each in usual.models],
            judges=[each for each in (usual.reward, usual.referee) if each],
            workers=workers,
        ) as site,
    ):
        serve.run(_app(settings, site), name=f"{NAME}-http", route_prefix="/")
        yield


def _app(settings: Settings, site: Site) -> serve.Application:
    def build() -> FastAPI:
        return create_app(settings, RayExecutor(site))

    here = f"node:{ray.util.get_node_ip_address()}"
    return serve.deployment(
        serve.ingress(build)(),
        name="http",
        ray_actor_options={"num_cpus": CPUS, "resources": {here: 0.001}},
        max_ongoing_requests=AT_ONCE,
        graceful_shutdown_timeout_s=PATIENCE,
    ).bind()
