"""One Ray cluster of several nodes on this machine, for all tests that need one."""

from __future__ import annotations

import os

import pytest

# Before Ray is imported anywhere: it writes its token there, and would tell its makers of us.
MEMORY = 100_000_000
CPUS = 2


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Three nodes of two CPUs; a test that removes one adds another."""
    before = {name: os.environ.get(name) for name in ("HOME", "RAY_USAGE_STATS_ENABLED")}
    os.environ["HOME"] = str(tmp_path_factory.mktemp("ray-home"))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    made = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": CPUS,
            "object_store_memory": MEMORY,
            "include_dashboard": False,
        },
    )
    for _ in range(2):
        add_node(made)
    yield made
    made.shutdown()
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def add_node(cluster):
    return cluster.add_node(num_cpus=CPUS, object_store_memory=MEMORY)


@pytest.fixture(scope="module")
def joined(cluster):
    """This process as a driver on the cluster."""
    from cohp.executors.ray.cluster import joined

    with joined(cluster.address):
        yield cluster
