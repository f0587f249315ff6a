"""Weights without what describes them: a file, or a folder as its publisher fills it."""

from __future__ import annotations

import shutil

import pytest
import torch
from golden_cases import GOLDEN, REWARDS, cases, scored, tolerance
from hub_layout import DESCRIBED, published
from safetensors.torch import load_file

from cohp.errors import BadInput, CohpError, MissingWeights
from cohp.reward.borrowing import completed
from cohp.reward.loading import load

KEPT = {
    "hpsv2": "HPS_tiny_compressed.pt",
    "pickscore": "model.safetensors",
    "clip": "model.safetensors",
    "aesthetic": "linearMSE_tiny.pth",
    "imagereward": "ImageReward_tiny.pt",
    "mps": "model.safetensors",
    "hpsv3": "model.safetensors",
    "hpsv3++": "model.safetensors",
}


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """Give a reward's weights alone in a folder; the hub's cache is empty."""
    monkeypatch.setenv("COHP_CACHE", str(tmp_path / "cohp"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    def of(name):
        folder = tmp_path / "own" / "weights"
        folder.mkdir(parents=True)
        golden = GOLDEN / name.replace("++", "pp")
        for file in (KEPT[name], DESCRIBED.get(name)):
            if file and (golden / file).is_file():
                shutil.copy(golden / file, folder)
        return folder / KEPT[name]

    return of


def first(name, place):
    golden = name.replace("++", "pp")
    if golden in REWARDS:
        reward = load(f"{name}={place}", device="cpu")
        (mean,) = scored(reward, cases(golden)[:1])
        return mean, cases(golden)[0]["expected"][REWARDS[golden][1]], tolerance(golden)
    (case,) = cases(golden, "mu")[:1]
    (mean,) = scored(load(f"{name}={place}", device="cpu"), [case])
    return mean, case["expected"]["mu"], tolerance(golden)


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("by", ["file", "folder"])
def test_what_the_catalogue_has_here_is_lent(alone, tmp_path, name, by):
    file = alone(name)
    published(tmp_path, name)
    mean, expected, within = first(name, file if by == "file" else file.parent)
    assert mean == pytest.approx(expected, abs=within)


@pytest.mark.parametrize("name", KEPT)
def test_a_file_beside_what_it_needs_is_read_where_it_is(name):
    golden = GOLDEN / name.replace("++", "pp")
    assert completed(name, golden / KEPT[name]) == golden / KEPT[name]
    assert completed(name, golden) == golden
    mean, expected, within = first(name, golden / KEPT[name])
    assert mean == pytest.approx(expected, abs=within)


@pytest.mark.parametrize("name", KEPT)
def test_what_is_nowhere_is_one_sentence(alone, name):
    with pytest.raises(CohpError) as error:
        load(f"{name}={alone(name)}", device="cpu")
    said = str(error.value)
    assert "\n" not in said
    assert any(f in said for f in ("config.json", "vocab.json", "vocab.txt", "clip-vit-large"))


def test_what_a_folder_has_itself_counts(alone, tmp_path):
    """Half of a tokenizer is not mended by half of another's."""
    file = alone("pickscore")
    published(tmp_path, "pickscore")
    for own in ("vocab.json", "merges.txt"):
        shutil.copy(GOLDEN / "clip" / own, file.parent)
    made = completed("pickscore", file)
    assert (made / "config.json").resolve().parent != file.parent
    assert (made / "vocab.json").resolve().parent == file.parent
    assert not (made / "tokenizer.json").exists()


def test_a_config_of_another_kind_does_not_count(alone, tmp_path):
    """HPSv3++ as its publisher fills the folder: a pickle, and settings of its heads alone."""
    file = alone("hpsv3++")
    torch.save(load_file(file), file.with_name("hpsv3++.pth"))
    file.unlink()
    shutil.copy(GOLDEN / "hpsv3pp" / "reward_config.json", file.parent / "config.json")
    with pytest.raises(BadInput, match="'film_hybrid'; that of the base model, 'qwen3_vl'"):
        load(f"hpsv3++={file.parent}", device="cpu")
    published(tmp_path, "hpsv3++")
    mean, expected, within = first("hpsv3++", file.parent)
    assert mean == pytest.approx(expected, abs=within)


def test_what_went_away_is_not_kept(alone, tmp_path):
    file = alone("pickscore")
    published(tmp_path, "pickscore")
    other = shutil.copy(file, file.with_name("other.safetensors"))
    assert (completed("pickscore", file.parent) / "other.safetensors").is_file()
    other.unlink()
    names = {path.name for path in completed("pickscore", file.parent).iterdir()}
    assert "other.safetensors" not in names
    assert {"model.safetensors", "config.json", "vocab.json"} <= names


def test_a_place_that_is_not_there():
    with pytest.raises(MissingWeights, match=r"There is no .*x=1\. .* Options stand before it"):
        completed("hpsv2", GOLDEN / "hpsv2:x=1")
    with pytest.raises(MissingWeights, match=r"There is no .*nowhere"):
        completed("clip", GOLDEN.parent / "nowhere")
