"""Files of weights: converted once and never run, named by what is wrong with them."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from golden_cases import GOLDEN, REWARDS, cases, scored
from safetensors.torch import load_file, save_file
from torch import nn

from cohp.errors import BadInput, MissingWeights
from cohp.reward import tensors
from cohp.reward.aesthetic import linears
from cohp.reward.hpsv1 import HPSv1
from cohp.reward.hpsv2 import VIT_H_14, HPSv2, sizes
from cohp.reward.open_clip_layout import OpenClip

PICKLED = ("hpsv2", "aesthetic", "imagereward")


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


def weights(folder):
    return tensors.weights_file(folder)


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
    assert twin.name == f"{tensors.digest(weights(folder))}.safetensors"
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
    found = tensors.read(path)
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
    state = tensors.read(path)
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
    assert tensors.digest(path)[:16] in reward.revision


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
    assert tensors.digest(link) == "ab" * 32


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


def test_the_real_vit_h_has_exactly_the_published_tensors():
    told = json.loads((GOLDEN / "real_shapes" / "hpsv2_vit_h_14.json").read_text("utf-8"))
    with torch.device("meta"):
        model = OpenClip(sizes(VIT_H_14))
    assert {name: list(tensor.shape) for name, tensor in model.state_dict().items()} == told


def test_the_real_vit_l_has_as_many_parameters_as_openai_published():
    with torch.device("meta"):
        model = OpenClip(sizes(HPSv1.config))
    assert sum(each.numel() for each in model.parameters()) == 427_616_513


def test_the_real_aesthetic_head_has_the_published_shapes():
    published = {0: (1024, 768), 2: (128, 1024), 4: (64, 128), 6: (16, 64), 7: (1, 16)}
    learned = {f"layers.{place}.bias": torch.zeros(shape[0]) for place, shape in published.items()}
    head = linears(learned, 768, tuple(published), "layers.")
    assert isinstance(head, nn.Module)
    found = {name: tuple(each.shape) for name, each in head.named_parameters()}
    assert {
        int(name.split(".")[0]): shape for name, shape in found.items() if "weight" in name
    } == (published)


def test_names_are_listed_without_torch():
    code = "import sys; from cohp.reward import catalogue, weights, combine; catalogue.names(); "
    code += "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
