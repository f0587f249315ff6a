"""Pickled weights: converted once, as tensors alone, and never run."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from golden_cases import REWARDS, cases, scored

from cohp.errors import BadInput
from cohp.reward.checkpoint import Checkpoint, weight_files
from cohp.reward.digests import digest

PICKLED = ("hpsv2", "aesthetic", "imagereward")


def weights(folder):
    (path,) = weight_files(folder)
    return path


class Code:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("name", PICKLED)
def test_a_pickle_is_converted_once(copy, cache, name, monkeypatch):
    folder = copy(name)
    before = scored(REWARDS[name][0](folder=folder), cases(name)[:2])
    (twin,) = (cache / "converted").iterdir()
    assert twin.name == f"{digest(weights(folder))}.safetensors"
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was unpickled again"))
    assert scored(REWARDS[name][0](folder=folder), cases(name)[:2]) == before


def test_the_twin_belongs_to_the_contents_not_the_name(copy, cache):
    folder = copy("aesthetic")
    path = weights(folder)
    first = REWARDS["aesthetic"][0](folder=folder)
    state = torch.load(path, weights_only=True)
    state["layers.7.bias"] += 1
    torch.save(state, path)
    second = REWARDS["aesthetic"][0](folder=folder)
    assert second.revision != first.revision
    (a,), (b,) = scored(first, cases("aesthetic")[:1]), scored(second, cases("aesthetic")[:1])
    assert b - a == pytest.approx(1, abs=1e-5)
    assert len(list((cache / "converted").iterdir())) == 2


@pytest.mark.parametrize(
    "nest", [("state_dict",), ("model",), ("model", "state_dict"), ("module",)]
)
def test_nested_tensors_are_found(copy, nest):
    folder = copy("imagereward")
    path = weights(folder)
    state = torch.load(path, weights_only=True)
    before = scored(REWARDS["imagereward"][0](folder=folder), cases("imagereward")[:1])
    for key in nest:
        state = {key: state, "epoch": 3, "name": "run"}
    torch.save(state, path)
    assert scored(REWARDS["imagereward"][0](folder=folder), cases("imagereward")[:1]) == before


def test_the_format_of_before_2020_is_read(copy):
    folder = copy("aesthetic")
    path = weights(folder)
    state = torch.load(path, weights_only=True)
    before = scored(REWARDS["aesthetic"][0](folder=folder), cases("aesthetic")[:1])
    torch.save(state, path, _use_new_zipfile_serialization=False)
    assert scored(REWARDS["aesthetic"][0](folder=folder), cases("aesthetic")[:1]) == before


@pytest.mark.usefixtures("cache")
def test_tensors_that_share_memory_are_told_apart(tmp_path):
    whole = torch.arange(12.0).reshape(3, 4)
    path = tmp_path / "shared.pt"
    torch.save({"a": whole, "b": whole, "c": whole[1:], "d": whole.T}, path)
    found = Checkpoint(path)
    assert torch.equal(found["a"], whole)
    assert torch.equal(found["b"], whole)
    assert torch.equal(found["c"], whole[1:])
    assert torch.equal(found["d"], whole.T)


@pytest.mark.parametrize("name", PICKLED)
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_code_in_a_pickle_is_refused_and_never_run(copy, tmp_path, name, zipped):
    folder = copy(name)
    mark = tmp_path / "it-ran"
    state = {"state_dict": torch.load(weights(folder), weights_only=True), "extra": Code(mark)}
    if zipped:
        torch.save(state, weights(folder))
    else:
        weights(folder).write_bytes(pickle.dumps(state))
    with pytest.raises(BadInput, match=r"code|no checkpoint") as error:
        REWARDS[name][0](folder=folder)
    assert str(error.value).count("\n") == 0
    assert not mark.exists()
    assert not (tmp_path / "cache" / "converted").exists()
