"""What `cohp doctor` finds, on machines with and without a GPU."""

from __future__ import annotations

import pytest
import torch

from cohp.doctor import GIB, examine


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_a_machine_without_a_gpu_is_told_what_works():
    found = dict(examine())
    assert "small models run on the processor" in found["gpu"]
    assert "cores" in found["processor"]


def test_every_model_is_told_to_fit_or_not_and_how():
    found = dict(examine("mini-judge", "24GB"))
    assert found["fitting"] == "into 24.0 GB of cpu beside mini-judge"
    assert found["  mini-poster"] == "34 MB: all of it at once"
    assert found["  flux-dev"] == "does not fit: it takes at least 73.9 GB"
    assert "  fake-ink" not in found


def test_every_gpu_is_named_with_its_memory(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (10 * GIB, 24 * GIB))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: f"GPU {number}")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    found = dict(examine())
    assert found["cuda:1"] == "GPU 1, 10 of 24 GB free"
    assert found["mps"] == "Apple GPU"
