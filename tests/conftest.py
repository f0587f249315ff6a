"""What many tests need: recipes of the fake models, small and quick."""

from __future__ import annotations

import pytest

from cohp.recipe import Recipe, build

FAKES = ["fake-ink", "fake-wash"]


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory, monkeypatch):
    """No test sees the models or the caches of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("COHP_MODELS", str(home / "models.toml"))
    monkeypatch.setenv("COHP_CACHE", str(home / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def recipe():
    """Return a function that makes a small recipe, with changes."""
    return make_recipe


def make_recipe(**changes) -> Recipe:
    values = {
        "prompt": "a red fox at dawn",
        "seed": 7,
        "models": FAKES,
        "width": 64,
        "height": 64,
        "per_model": 2,
        "rounds": 2,
        "batch": 3,
    }
    return build({**values, **changes})
