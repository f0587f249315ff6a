"""LoRAs: several at once, with weights, and those that belong to another model."""

import loading_samples as samples
import numpy as np
import pytest
import torch
from diffusers import PixArtSigmaPipeline
from safetensors.torch import load_file, save_file

from cohp.errors import BadInput, MissingExtra, MissingWeights
from cohp.naming import resolve
from cohp.pipelines.loading import load_pipeline, revision
from cohp.pipelines.lora import check

pytest.importorskip("peft")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loras")
    sd, sdxl = samples.sd(folder / "tokenizer"), samples.sdxl(folder / "tokenizer")
    sd.save_pretrained(folder / "sd")
    samples.save_lora(sd, folder / "one", seed=1)
    samples.save_lora(sd, folder / "two", seed=2)
    samples.save_lora(sdxl, folder / "xl")
    return folder


def spec(made, *loras):
    file = "pytorch_lora_weights.safetensors"
    placed = [f"{made / name}/{file}{weight}" for name, weight in loras]
    return "+".join([str(made / "sd"), *placed])


def picture(text):
    return samples.drawn(load_pipeline(resolve(text)))


def test_a_lora_changes_the_picture_by_its_weight(made):
    plain = picture(spec(made))
    none = picture(spec(made, ("one", ":0")))
    half = picture(spec(made, ("one", ":0.5")))
    whole = picture(spec(made, ("one", "")))
    assert np.abs(none - plain).max() < 1e-5
    assert 0 < np.abs(half - plain).mean() < np.abs(whole - plain).mean()


def test_several_are_laid_over_each_other(made):
    both = picture(spec(made, ("one", ":0.8"), ("two", ":0.6")))
    other_way = picture(spec(made, ("two", ":0.6"), ("one", ":0.8")))
    assert np.abs(both - other_way).max() < 1e-4
    assert np.abs(both - picture(spec(made, ("one", ":0.8")))).max() > 1e-4


def test_the_revision_tells_loras_and_weights_apart(made):
    named = [(), (("one", ""),), (("one", ":0.5"),), (("two", ""),), (("one", ""), ("two", ""))]
    assert len({revision(resolve(spec(made, *each))) for each in named}) == len(named)


def test_a_lora_of_another_family_is_one_sentence(made):
    with pytest.raises(BadInput, match="made for another kind of model") as raised:
        picture(spec(made, ("xl", "")))
    assert "StableDiffusionPipeline" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_lora_that_would_be_skipped_in_silence_is_refused(made, tmp_path):
    name = "transformer.single_transformer_blocks.0.attn.to_k"
    halves = {f"{name}.lora_{half}.weight": torch.zeros(2, 2) for half in "AB"}
    save_file(halves, tmp_path / "flux.safetensors")
    with pytest.raises(BadInput, match="made for another kind of model"):
        picture(f"{made / 'sd'}+{tmp_path / 'flux.safetensors'}")


def test_a_lora_that_finds_only_some_of_its_layers_is_refused(made, tmp_path):
    # Families share names and widths, and what does not fit is dropped without a word.
    file = made / "one" / "pytorch_lora_weights.safetensors"
    weights = load_file(file)
    elsewhere = [name for name in weights if "down_blocks.1" in name]
    more = {name.replace("blocks.1", "blocks.7"): weights[name].clone() for name in elsewhere}
    save_file({**weights, **more}, tmp_path / "some.safetensors")
    with pytest.raises(BadInput, match=r"24 of its 30 layers have a place here"):
        picture(f"{made / 'sd'}+{tmp_path / 'some.safetensors'}")


def test_a_lora_of_the_other_common_format_is_taken(made, tmp_path):
    name = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q"
    halves = {"down": torch.randn(2, 64), "up": torch.randn(64, 2)}
    weights = {f"{name}.lora_{half}.weight": each for half, each in halves.items()}
    save_file({**weights, f"{name}.alpha": torch.tensor(2.0)}, tmp_path / "k.safetensors")
    laid = picture(f"{made / 'sd'}+{tmp_path / 'k.safetensors'}:0.5")
    assert np.abs(laid - picture(spec(made))).max() > 1e-4


def test_a_lora_of_the_hub_that_is_not_here(made, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingWeights, match="LoRA some/style is not on this machine"):
        picture(f"{made / 'sd'}+some/style:0.5")


def test_without_peft_it_says_how_to_get_it(made, monkeypatch):
    monkeypatch.setattr("cohp.pipelines.lora.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"cohp\[lora\]"):
        picture(spec(made, ("one", "")))


def test_a_family_that_takes_no_lora(made):
    with pytest.raises(BadInput, match="PixArtSigmaPipeline takes no LoRA"):
        check(resolve(spec(made, ("one", ""))), PixArtSigmaPipeline)
