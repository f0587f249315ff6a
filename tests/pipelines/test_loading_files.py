"""Loading what comes in pieces: single files, denoisers alone, parts kept elsewhere or absent."""

import shutil

import loading_samples as samples
import numpy as np
import pytest
import single_file
import torch
from diffusers import StableDiffusion3Pipeline
from loading_samples import in_the_cache, picture_of
from safetensors.torch import load_file, save_file
from tiny import tiny

from cohp.catalogue import find
from cohp.errors import BadInput, MissingWeights
from cohp.naming import resolve
from cohp.pipelines.loading import load_pipeline

pytestmark = pytest.mark.usefixtures("hub_cache")


def test_parts_that_are_kept_elsewhere_come_from_there(made, tmp_path):
    other = samples.sd(tmp_path / "tokenizer")
    with torch.no_grad():
        for weights in other.text_encoder.parameters():
            weights.zero_()
    other.text_encoder.save_pretrained(tmp_path / "encoder")
    parts = {"text_encoder": f"CLIPTextModel@{tmp_path / 'encoder'}"}
    model = resolve(str(made[0])).model_copy(update={"parts": parts})
    loaded = load_pipeline(model).text_encoder
    assert not any(weights.any() for weights in loaded.parameters())
    # The folder may list the part and yet not have it.
    (bare := tmp_path / "bare").mkdir()
    shutil.copytree(made[0], bare, dirs_exist_ok=True)
    shutil.rmtree(bare / "text_encoder")
    load_pipeline(resolve(str(bare)).model_copy(update={"parts": parts}))
    missing = model.model_copy(update={"parts": {"text_encoder": "CLIPTextModel@some/where"}})
    with pytest.raises(MissingWeights, match=r"needs some/where.*cohp models --get"):
        load_pipeline(missing)


@pytest.mark.parametrize(
    ("part", "told"),
    [("CLIPTextModel", "written as Class@source"), ("NoSuchModel@{}", "has no class NoSuchModel")],
)
def test_a_part_that_cannot_be_meant(made, part, told):
    parts = {"text_encoder": part.format(made[0] / "text_encoder")}
    with pytest.raises(BadInput, match=told):
        load_pipeline(resolve(str(made[0])).model_copy(update={"parts": parts}))


def test_a_single_file_draws_what_its_pipeline_draws(made, tmp_path):
    file = single_file.write(made[1], tmp_path / "one.safetensors")
    assert np.array_equal(picture_of(f"{file}@{made[0]}"), made[2])


def test_a_denoiser_alone_takes_the_rest_from_its_configuration(made, tmp_path):
    file = single_file.write(made[1], tmp_path / "unet.safetensors", whole=False)
    assert np.array_equal(picture_of(f"{file}@{made[0]}"), made[2])


def test_a_single_file_is_configured_by_what_it_looks_like(made, tmp_path, hub_cache):
    file = single_file.write(made[1], tmp_path / "one.safetensors")
    with pytest.raises(MissingWeights, match=r"sd15 is not here.*@FOLDER"):
        picture_of(file)
    entry = find("sd15")
    in_the_cache(made[0], hub_cache, entry.source, entry.revision)
    assert np.array_equal(picture_of(file), made[2])


def test_a_single_file_of_nothing_known_asks_for_its_configuration(tmp_path):
    save_file({"something": torch.zeros(1)}, tmp_path / "odd.safetensors")
    with pytest.raises(MissingWeights, match=r"needs a configuration.*odd\.safetensors@FOLDER"):
        picture_of(tmp_path / "odd.safetensors")


def test_a_single_file_that_was_cut_or_is_of_another_model(made, tmp_path):
    file = single_file.write(made[1], tmp_path / "one.safetensors")
    weights = load_file(file)
    some = {name: weights[name] for name in weights if "output_blocks.1" not in name}
    save_file(some, tmp_path / "cut.safetensors")
    with pytest.raises(BadInput, match="lacks some of its weights"):
        picture_of(f"{tmp_path / 'cut.safetensors'}@{made[0]}")


def test_a_folder_that_goes_without_a_text_encoder(tmp_path):
    without = {"text_encoder_3": None, "tokenizer_3": None}
    saved = StableDiffusion3Pipeline(**{**tiny("sd3").components, **without})
    saved.save_pretrained(tmp_path / "sd3")
    loaded = load_pipeline(resolve(str(tmp_path / "sd3")))
    assert loaded.text_encoder_3 is None
    assert loaded.text_encoder_2 is not None


@pytest.mark.parametrize("family", ["flux-dev", "pixart", "sana", "kolors", "z-image"])
def test_a_family_that_was_saved_comes_back(tmp_path, family):
    saved = tiny(family)
    saved.save_pretrained(tmp_path / family)
    model = resolve(str(tmp_path / family))
    loaded = load_pipeline(model, dtype=torch.float32)
    assert type(loaded) is type(saved)
    assert model.steps
    for name in {"unet", "transformer", "vae", "text_encoder"} & saved.components.keys():
        weights, before = (each.components[name].state_dict() for each in (loaded, saved))
        assert all(torch.equal(weights[key], before[key]) for key in before)
