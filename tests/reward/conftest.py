"""Rewards under test keep what they derive in a cache of their own."""

from __future__ import annotations

import os
import shutil

import pytest
from golden_cases import GOLDEN


@pytest.fixture(scope="session", autouse=True)
def cache_of_these_tests(tmp_path_factory):
    before = os.environ.get("COHP_CACHE")
    os.environ["COHP_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["COHP_CACHE"]
    else:
        os.environ["COHP_CACHE"] = before


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("COHP_CACHE", str(folder))
    return folder


@pytest.fixture
def copy(tmp_path, cache):
    """Copy a golden reward, so that a test may spoil it."""

    def of(name):
        shutil.copytree(GOLDEN / name, tmp_path / name)
        if name == "aesthetic":
            shutil.copytree(GOLDEN / "clip", tmp_path / "clip")
        return tmp_path / name

    return of
