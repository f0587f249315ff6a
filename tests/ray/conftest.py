"""Ray clusters of one or more nodes on this machine, one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def clusters(tmp_path_factory):
    """What makes a cluster of so many nodes; Ray writes its token into a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        import ray_faults

        for name, value in ray_faults.ENVIRONMENT.items():
            patch.setenv(name, value)
        yield ray_faults.cluster_of


@pytest.fixture(scope="module")
def joined(clusters):
    """This process as a driver on a cluster of two nodes."""
    from cohp.executors.ray.cluster import joined

    with clusters(2) as made, joined(made.address):
        yield made
