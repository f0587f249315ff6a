"""Loading from what is here: tiny checkpoints in every shape that people have them in."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from loading_samples import in_the_cache, picture_of
from safetensors.torch import load_file, save_file

from cohp.catalogue import Model, find
from cohp.errors import BadInput, Missing, MissingWeights
from cohp.naming import resolve
from cohp.pipelines import loading
from cohp.pipelines.folder import OTHER_TASKS, read, variant_of
from cohp.pipelines.loading import load_pipeline, revision

pytestmark = pytest.mark.usefixtures("hub_cache")


@pytest.fixture
def copy(made, tmp_path):
    shutil.copytree(made[0], tmp_path / "sd")
    return tmp_path / "sd"


def rename(folder: Path, suffix: str) -> None:
    """Name every file of weights as a variant, or a pickle, is named."""
    for file in folder.glob("*/*.safetensors"):
        file.rename(file.with_name(file.name.replace(".safetensors", suffix)))


def test_a_folder_draws_what_the_pipeline_it_came_from_draws(made):
    assert np.array_equal(picture_of(made[0]), made[2])


def test_a_model_of_the_hubs_cache_needs_no_network(made, hub_cache):
    in_the_cache(made[0], hub_cache, "someone/tiny", "c" * 40)
    assert np.array_equal(picture_of("someone/tiny"), made[2])
    assert revision(resolve("someone/tiny")) == "c" * 40
    assert np.array_equal(picture_of(f"someone/tiny@{'c' * 40}"), made[2])


def test_the_precision_is_the_one_asked_for(made):
    pipeline = load_pipeline(resolve(str(made[0])), dtype=torch.bfloat16)
    assert pipeline.unet.dtype == pipeline.vae.dtype == torch.bfloat16


def test_only_a_variant_is_here(made, copy):
    rename(copy, ".fp16.safetensors")
    assert variant_of(read(copy)) == "fp16"
    assert np.array_equal(picture_of(copy), made[2])


def test_a_variant_of_some_parts_goes_with_the_rest(made, copy):
    rename(copy / "unet" / "..", ".fp16.safetensors")
    plain = copy / "vae" / "diffusion_pytorch_model.fp16.safetensors"
    plain.rename(copy / "vae" / "diffusion_pytorch_model.safetensors")
    assert np.array_equal(picture_of(copy), made[2])


def test_the_wanted_variant_is_taken_where_both_are_here(copy):
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    zeros = {name: torch.zeros_like(tensor) for name, tensor in load_file(file).items()}
    save_file(zeros, file.with_name("diffusion_pytorch_model.fp16.safetensors"))
    model = resolve(str(copy))
    assert load_pipeline(model).unet.conv_in.weight.any()
    wanted = model.model_copy(update={"variant": "fp16"})
    assert not load_pipeline(wanted).unet.conv_in.weight.any()


def test_shards_are_read_and_a_missing_one_is_said(made, copy):
    shutil.rmtree(copy / "unet")
    made[1].unet.save_pretrained(copy / "unet", max_shard_size="2MB")
    shards = sorted((copy / "unet").glob("*-of-*.safetensors"))
    assert len(shards) > 1
    assert np.array_equal(picture_of(copy), made[2])
    shards[0].unlink()
    with pytest.raises(MissingWeights, match="weights of its unet are missing"):
        picture_of(copy)


def test_a_missing_part_is_named(copy):
    shutil.rmtree(copy / "vae")
    with pytest.raises(MissingWeights, match="it has no vae"):
        picture_of(copy)


def test_weights_that_are_pickled_are_refused_with_the_conversion(copy):
    rename(copy, ".bin")
    with pytest.raises(BadInput, match=r"pickle .*save_pretrained\('sd-safe'\)"):
        picture_of(copy)


def test_a_link_to_what_was_deleted_is_not_taken_for_weights(copy, tmp_path):
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    file.unlink()
    file.symlink_to(tmp_path / "gone")
    with pytest.raises(MissingWeights, match="unet"):
        picture_of(copy)


def test_a_safety_checker_that_is_listed_is_left_out(made, copy):
    index = json.loads((copy / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["requires_safety_checker"] = True
    (copy / "model_index.json").write_text(json.dumps(index))
    model = resolve(str(copy))
    assert load_pipeline(model).safety_checker is None
    assert np.array_equal(picture_of(model), made[2])


@pytest.mark.parametrize("name", ["sdxl", "flux-dev", "hidream", "someone/nothing"])
def test_an_absent_model_is_said(name):
    with pytest.raises(MissingWeights, match="not on this machine") as raised:
        load_pipeline(resolve(name))
    said = str(raised.value)
    assert f"cohp models --get '{name}'" in said
    model = resolve(name)
    assert model.size in said
    assert (model.licence or "see its licence") in said
    assert ("hf auth login" in said) == model.gated


def test_a_pinned_model_is_not_replaced_by_another_version(made, hub_cache):
    in_the_cache(made[0], hub_cache, "stabilityai/stable-diffusion-xl-base-1.0", "b" * 40)
    named = f"stabilityai/stable-diffusion-xl-base-1.0@{'b' * 40}"
    with pytest.raises(MissingWeights, match=f"Another version of it is here: {named}"):
        load_pipeline(find("sdxl"))
    assert load_pipeline(resolve(named))


def test_a_download_that_broke_off_says_how_to_go_on(made, hub_cache):
    kept = in_the_cache(made[0], hub_cache, "someone/tiny", "c" * 40)
    (kept / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(MissingWeights, match=r"its vae are missing\. Get it with: cohp models"):
        picture_of("someone/tiny")


def test_a_folder_that_went_away_is_said(copy):
    model = resolve(str(copy))
    shutil.rmtree(copy)
    with pytest.raises(MissingWeights, match="not there any more"):
        load_pipeline(model)


@pytest.mark.parametrize(
    "kind",
    [
        "StableDiffusionInpaintPipeline",
        "StableDiffusionXLImg2ImgPipeline",
        "StableDiffusionControlNetPipeline",
        "StableDiffusionInstructPix2PixPipeline",
        "StableVideoDiffusionPipeline",
        "WanPipeline",
        "CogVideoXPipeline",
        "FluxFillPipeline",
        "QwenImageEditPipeline",
        "KandinskyV22PriorPipeline",
        "AudioLDM2Pipeline",
        # What no word in the name tells, its signature does.
        "MarigoldDepthPipeline",
        "DDPMPipeline",
    ],
)
def test_a_pipeline_for_another_task_is_refused_by_name(copy, kind):
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps({**index, "_class_name": kind}))
    with pytest.raises(BadInput, match=f"{kind} .* cannot be a candidate"):
        picture_of(copy)


@pytest.mark.parametrize(
    "kind", ["StableDiffusionPipeline", "Cosmos2TextToImagePipeline", "SanaPipeline"]
)
def test_no_word_of_another_task_catches_a_family_that_draws_from_text(copy, kind):
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps({**index, "_class_name": kind}))
    assert read(copy).kind == kind
    assert OTHER_TASKS


def test_a_class_that_diffusers_does_not_have(copy):
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps({**index, "_class_name": "NovelPipeline"}))
    with pytest.raises(BadInput, match=r"has no NovelPipeline.*pip install -U"):
        picture_of(copy)


def test_code_that_a_repository_brings_is_never_run(copy, tmp_path):
    marker = tmp_path / "ran"
    (copy / "unet" / "own.py").write_text(f"open({str(marker)!r}, 'w')\nclass U: pass\n")
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps({**index, "unet": ["own", "U"]}))
    with pytest.raises(BadInput, match="code of its own"):
        picture_of(copy)
    named = {**index, "_class_name": ["own", "U"]}
    (copy / "model_index.json").write_text(json.dumps(named))
    with pytest.raises(BadInput, match="code of its own"):
        load_pipeline(Model(name="x", source=str(copy)))
    assert not marker.exists()


def test_damaged_weights_are_one_sentence(copy):
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(BadInput, match="cannot be loaded") as raised:
        picture_of(copy)
    assert "\n" not in str(raised.value)


def test_a_package_that_is_missing_is_named(made, monkeypatch):
    def lacking(*_, **__):
        raise ImportError("KolorsPipeline requires the sentencepiece library")

    monkeypatch.setattr("diffusers.DiffusionPipeline.from_pretrained", lacking)
    with pytest.raises(Missing, match="sentencepiece"):
        picture_of(made[0])


def test_the_schedule_of_an_entry_is_set(made):
    options = {"scheduler": {"timestep_spacing": "trailing"}}
    model = resolve(str(made[0])).model_copy(update={"options": options})
    assert load_pipeline(model).scheduler.config.timestep_spacing == "trailing"


def test_the_revision_of_a_folder_follows_its_weights_not_its_place(copy, tmp_path):
    before = revision(resolve(str(copy)))
    assert before.startswith("folder-")
    (copy / "README.md").write_text("words change no picture")
    moved = tmp_path / "moved"
    shutil.move(copy, moved)
    assert revision(resolve(str(moved))) == before
    file = moved / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    weights["decoder.conv_in.bias"] += 1
    save_file(weights, file)
    assert revision(resolve(str(moved))) != before


def test_a_device_that_is_too_small_says_so(made, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("diffusers.DiffusionPipeline.to", full)
    with pytest.raises(loading.OutOfMemory, match="does not fit"):
        picture_of(made[0])
