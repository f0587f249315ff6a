"""Rewards under test keep what they derive in a cache of their own."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_of_these_tests(tmp_path_factory):
    before = os.environ.get("COHP_CACHE")
    os.environ["COHP_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["COHP_CACHE"]
    else:
        os.environ["COHP_CACHE"] = before
