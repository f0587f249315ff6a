"""The key to the services that tests start."""

from __future__ import annotations

import pytest
from hosted_samples import KEY


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("PICTURES_KEY", KEY)
