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
