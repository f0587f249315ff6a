"""A Ray cluster of several nodes on this machine, one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two nodes of two CPUs; Ray writes its token into a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        import ray_faults

        with ray_faults.cluster_of(2) as made:
            yield made


@pytest.fixture(scope="module")
def joined(cluster):
    """This process as a driver on the cluster."""
    from cohp.executors.ray.cluster import joined

    with joined(cluster.address):
        yield cluster
