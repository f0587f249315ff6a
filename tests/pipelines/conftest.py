"""What many tests of models need: a key, a cache of the hub's, a pipeline in a folder."""

from __future__ import annotations

import loading_samples as samples
import pytest
from hosted_samples import KEY


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("PICTURES_KEY", KEY)


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    """Return the folder that stands for the hub's cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """One pipeline of random weights in a folder, and the picture that it draws."""
    folder = tmp_path_factory.mktemp("sd")
    pipeline = samples.sd(folder / "tokenizer")
    pipeline.save_pretrained(folder / "sd")
    return folder / "sd", pipeline, samples.drawn(pipeline)
