"""Files of weights: found, read, and named by what is wrong with them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from golden_cases import GOLDEN, REWARDS, cases, scored
from safetensors.torch import load_file, save_file

from cohp.errors import BadInput, MissingWeights
from cohp.reward.checkpoint import Checkpoint, weight_files
from cohp.reward.digests import digest
from cohp.reward.hpsv2 import HPSv2


def weights(folder):
    (path,) = weight_files(folder)
    return path


@pytest.mark.parametrize("name", REWARDS)
@pytest.mark.parametrize("share", [0, 0.0001, 0.3, 0.999])
def test_a_truncated_file_is_said_to_be_one(copy, name, share):
    path = weights(copy(name))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadInput, match=r"cut short|ends inside|no safetensors") as error:
        REWARDS[name][0](folder=path.parent)
    assert path.name in str(error.value)


def test_a_truncated_safetensors_file_names_the_tensor_it_ends_in(copy):
    path = weights(copy("clip"))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=r"ends inside [\w.]+ of shape \(\d+"):
        REWARDS["clip"][0](folder=path.parent)


FIRST = {
    "hpsv2": "visual.proj",
    "pickscore": "text_model.embeddings.position_embedding.weight",
    "clip": "vision_model.encoder.layers.1.mlp.fc1.weight",
    "aesthetic": "layers.0.weight",
    "imagereward": "blip.visual_encoder.blocks.1.attn.qkv.weight",
    "mps": "mps.cross_model.layers.1.1.fn.attn_out.weight",
}


@pytest.mark.parametrize("name", REWARDS)
@pytest.mark.parametrize("fault", ["another shape", "missing", "unknown"])
def test_the_first_tensor_that_differs_is_named_with_both_shapes(copy, name, fault):
    folder = copy(name)
    path = weights(folder)
    state = dict(Checkpoint(path))
    tensor = FIRST[name]
    wanted = str(tuple(state[tensor].shape))
    if fault == "another shape":
        state[tensor] = torch.cat([state[tensor]] * 2, -1)
        said = [tensor, wanted, str(tuple(state[tensor].shape))]
    elif fault == "missing":
        del state[tensor]
        said = [tensor, wanted, "missing"]
    else:
        state["extra.weight"] = torch.zeros(2, 3)
        said = ["extra.weight", "(2, 3)"]
    path.unlink()
    save_file(
        {key: value.contiguous() for key, value in state.items()}, folder / "spoilt.safetensors"
    )
    with pytest.raises(BadInput) as error:
        REWARDS[name][0](folder=folder)
    for part in said:
        assert part in str(error.value)


def test_weights_of_another_reward_are_said_not_to_fit(copy):
    folder = copy("pickscore")
    shutil.copy(GOLDEN / "clip" / "model.safetensors", folder / "model.safetensors")
    with pytest.raises(BadInput, match="does not fit"):
        REWARDS["pickscore"][0](folder=folder)


def test_weights_that_are_not_numbers_give_no_score(copy):
    folder = copy("clip")
    state = load_file(weights(folder))
    state["visual_projection.weight"][0, 0] = torch.nan
    save_file(state, weights(folder))
    reward = REWARDS["clip"][0](folder=folder)
    with pytest.raises(BadInput, match="weights are damaged"):
        scored(reward, cases("clip")[:1])


@pytest.mark.parametrize("name", REWARDS)
def test_an_empty_folder_lacks_weights(tmp_path, name):
    with pytest.raises(MissingWeights, match="no weights"):
        REWARDS[name][0](folder=tmp_path)
    with pytest.raises(MissingWeights, match="no folder"):
        REWARDS[name][0](folder=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("clip", "config.json"),
        ("pickscore", "config.json"),
        ("mps", "config.json"),
        ("hpsv2", "tokenizer/vocab.json"),
        ("imagereward", "tokenizer/vocab.txt"),
        ("imagereward", "med_config.json"),
    ],
)
def test_a_missing_file_beside_the_weights_is_named(copy, name, file):
    folder = copy(name)
    (folder / file).unlink()
    with pytest.raises((MissingWeights, BadInput), match=Path(file).name):
        REWARDS[name][0](folder=folder)


def test_the_aesthetic_head_needs_clip_beside_it(copy):
    folder = copy("aesthetic")
    shutil.move(folder.parent / "clip", folder.parent / "elsewhere")
    with pytest.raises(MissingWeights, match="clip-vit-large-patch14"):
        REWARDS["aesthetic"][0](folder=folder)
    reward = REWARDS["aesthetic"][0](folder=folder, clip=folder.parent / "elsewhere")
    assert scored(reward, cases("aesthetic")[:1])


@pytest.mark.parametrize("name", REWARDS)
def test_a_reward_is_made_from_its_file_as_from_its_folder(name):
    path = weights(GOLDEN / name)
    reward = REWARDS[name][0](folder=path)
    assert scored(reward, cases(name)[:1])
    assert digest(path)[:16] in reward.revision


def test_several_files_of_weights_have_to_be_told_apart(copy):
    folder = copy("hpsv2")
    shutil.copy(weights(folder), folder / "HPS_v2.1_tiny.pt")
    with pytest.raises(BadInput, match=r"several files .*HPS_v2\.1_tiny\.pt"):
        HPSv2(folder=folder)
    assert HPSv2(folder=folder / "HPS_v2.1_tiny.pt")


def test_the_revision_may_be_named_and_otherwise_is_the_digest():
    folder = GOLDEN / "clip"
    told = json.loads((GOLDEN / "checksums.json").read_text("utf-8"))["clip/model.safetensors"]
    assert REWARDS["clip"][0](folder=folder).revision == told[:16]
    assert REWARDS["clip"][0](folder=folder, revision="v7").revision == "v7"


def test_the_hubs_name_of_a_file_is_its_digest(tmp_path):
    blob = tmp_path / "blobs" / ("ab" * 32)
    blob.parent.mkdir()
    blob.write_bytes(b"anything")
    link = tmp_path / "model.safetensors"
    link.symlink_to(blob)
    assert digest(link) == "ab" * 32


def test_a_cache_that_cannot_be_written_costs_time_only(copy, monkeypatch, tmp_path):
    folder = copy("hpsv2")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COHP_CACHE", str(tmp_path / "file"))
    assert scored(HPSv2(folder=folder), cases("hpsv2")[:1])


@pytest.mark.parametrize("name", REWARDS)
def test_a_closed_reward_says_so_and_may_be_closed_twice(name):
    reward = REWARDS[name][0](folder=GOLDEN / name)
    reward.close()
    reward.close()
    with pytest.raises(BadInput, match="closed"):
        scored(reward, cases(name)[:1])


def test_no_gradients_are_kept_and_nothing_is_in_training():
    for name, (kind, _) in REWARDS.items():
        reward = kind(folder=GOLDEN / name)
        assert not any(each.requires_grad for each in reward._model.parameters())
        assert not any(each.training for each in reward._model.modules())
        assert {each.dtype for each in reward._model.parameters()} == {torch.float32}


def test_names_are_listed_without_torch():
    code = "import sys; from cohp.reward import catalogue, weights, combine; catalogue.names(); "
    code += "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
