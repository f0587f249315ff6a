"""No test sees the settings of whoever runs it."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# The tests run side by side; threads of small tensors beside them only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long a machine takes says nothing of whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory, monkeypatch):
    """No test sees the models or the caches of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("COHP_MODELS", str(home / "models.toml"))
    monkeypatch.setenv("COHP_CACHE", str(home / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep the tests of a Ray cluster on one worker, so that only one cluster is up at a time.

    The mark that is there for it, xdist_group, does nothing with pytest 9.
    """
    from xdist.scheduler import LoadGroupScheduling  # noqa: PLC0415 - only where it is at work

    class Together(LoadGroupScheduling):
        def _split_scope(self, nodeid):
            return "ray" if nodeid.startswith("tests/ray/") else super()._split_scope(nodeid)

    return Together(config, log)
