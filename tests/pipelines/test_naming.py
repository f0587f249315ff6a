"""Naming a model: every way there is, and a name that means the same ever after."""

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapes import folder, in_the_cache, lora, tensors

from cohp.catalogue import catalogue, find
from cohp.errors import BadInput
from cohp.naming import resolve


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch, hub_cache):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", list(catalogue()))
def test_every_short_name_resolves_to_its_entry(name):
    assert resolve(name) == find(name)


def test_a_hub_id_of_an_entry_takes_the_entrys_settings():
    model = resolve("stabilityai/sdxl-turbo")
    assert (model.name, model.steps, model.width) == ("stabilityai/sdxl-turbo", 4, 512)
    assert model.revision == find("sdxl-turbo").revision


def test_a_hub_id_may_name_its_revision():
    assert resolve("stabilityai/sdxl-turbo@abc123").revision == "abc123"
    model = resolve("someone/something@v1.2")
    assert (model.source, model.revision, model.origin) == ("someone/something", "v1.2", "hub")


def test_an_unknown_hub_id_that_is_here_is_known_by_its_class(tmp_path):
    in_the_cache(tmp_path / "hub", "someone/photos", "a" * 40, "StableDiffusionXLPipeline")
    model = resolve("someone/photos")
    assert (model.family, model.guidance, model.width) == ("sdxl", 5.0, 512)


def test_a_folder_is_known_by_its_class_and_its_size(tmp_path):
    folder(tmp_path / "mine", side=96)
    model = resolve("./mine")
    assert model.name == str(tmp_path / "mine")
    assert (model.family, model.width, model.height, model.steps) == ("sd", 768, 768, 50)
    assert resolve(model.name) == model


def test_a_class_never_seen_is_named_after_itself(tmp_path):
    model = resolve(str(folder(tmp_path / "new", "NovelPipeline")))
    assert (model.family, model.steps, model.width) == ("novel", None, 1024)


def test_a_file_takes_the_configuration_its_tensors_speak_for(tmp_path):
    file = tensors(tmp_path / "mix.safetensors", "conditioner.embedders.1.model.x")
    model = resolve("mix.safetensors")
    assert (model.name, model.config, model.family) == (str(file), "sdxl", "sdxl")


@pytest.mark.parametrize(
    ("names", "entry"),
    [
        (["conditioner.embedders.1.x", "edm_mean"], "playground-v2.5"),
        (["cond_stage_model.model.x"], "sd21"),
        (["cond_stage_model.transformer.x"], "sd15"),
        (["model.diffusion_model.double_blocks.0.img_attn.norm.x", "guidance_in.x"], "flux-dev"),
        (["double_blocks.0.img_attn.norm.x"], "flux-schnell"),
        (["double_blocks.0.img_attn.norm.x", "distilled_guidance_layer.x"], "chroma"),
        (["joint_blocks.0.x", "joint_blocks.37.x"], "sd35-large"),
        (["model.diffusion_model.joint_blocks.0.x_block.attn2.x"], "sd35-medium"),
        (["joint_blocks.0.x_block.attn.x"], "sd3-medium"),
        (["double_blocks.0.img_attn.norm.x", "single_stream_modulation.lin.weight"], None),
        (["layers.0.adaLN_modulation.0.weight"], None),
    ],
)
def test_families_are_told_apart_by_their_tensors(tmp_path, names, entry):
    assert resolve(str(tensors(tmp_path / "one.safetensors", *names))).config == entry


def test_a_file_may_name_its_configuration(tmp_path):
    tensors(tmp_path / "mix.safetensors")
    folder(tmp_path / "base", side=8)
    by_folder = resolve("mix.safetensors@base")
    assert by_folder.config == str(tmp_path / "base")
    assert by_folder.width == 64
    assert resolve(by_folder.name) == by_folder
    by_name = resolve("mix.safetensors@kolors")
    assert (by_name.config, by_name.steps) == ("kolors", 50)
    assert resolve(by_name.name) == by_name


def test_loras_are_laid_over_a_model_with_their_weights(tmp_path):
    one, two = lora(tmp_path / "a.safetensors"), lora(tmp_path / "b.safetensors")
    model = resolve("sdxl+a.safetensors:0.8+b.safetensors+someone/style:-.5")
    assert [(each.source, each.weight) for each in model.loras] == [
        (str(one), 0.8),
        (str(two), 1.0),
        ("someone/style", -0.5),
    ]
    assert model.name == f"sdxl+{one}:0.8+{two}+someone/style:-.5"
    assert resolve(model.name) == model


def test_an_entry_keeps_its_own_lora_beside_another(tmp_path):
    lora(tmp_path / "a.safetensors")
    assert len(resolve("sdxl-lightning+a.safetensors").loras) == 2


def test_a_path_may_have_a_plus_and_a_colon_in_it(tmp_path):
    folder(tmp_path / "my+model")
    lora(tmp_path / "more+detail:2.safetensors")
    model = resolve("my+model+more+detail:2.safetensors:0.5")
    assert model.source == str(tmp_path / "my+model")
    assert model.loras[0].source == str(tmp_path / "more+detail:2.safetensors")
    assert model.loras[0].weight == 0.5
    assert resolve(model.name) == model


def test_a_hosted_model_is_named_with_its_address():
    model = resolve("openai:some/model@http://127.0.0.1:8000/v1/")
    assert (model.origin, model.source) == ("hosted", "http://127.0.0.1:8000/v1")
    assert model.options["model"] == "some/model"
    assert not model.refines
    assert resolve(model.name) == model


def test_the_key_of_one_company_is_not_sent_to_another():
    assert resolve("openai:gpt-image-1").key == "OPENAI_API_KEY"
    assert resolve("openai:gpt-image-1@https://other.example/v1").key == "COHP_API_KEY"


PIECES = st.sampled_from(
    [
        "sdxl",
        "a/b",
        "@",
        "+",
        ":",
        "~",
        "/",
        "..",
        "0.5",
        ".safetensors",
        "openai:",
        ":fp8=true",
        ":call.eta=",
        "x" * 300,
        "\0",
    ]
)


@example("~\0")
@example("~0")
@given(st.text(max_size=60) | st.lists(PIECES, max_size=8).map("".join))
def test_whatever_is_typed_resolves_or_is_refused_in_words(text):
    try:
        model = resolve(text)
    except BadInput:
        return
    assert resolve(model.name) == model


@pytest.mark.parametrize(
    "doing",
    [
        "from cohp.naming import resolve; [resolve(n) for n in ('sdxl', './mine', 'a/b')]",
        "from cohp.commands.models import models; models(['sdxl'], standalone_mode=False)",
        "from cohp.commands.models import models; models([], standalone_mode=False)",
    ],
)
def test_naming_and_listing_import_no_torch(tmp_path, doing):
    folder(tmp_path / "mine")
    check = "assert not {'torch', 'diffusers', 'transformers'} & sys.modules.keys()"
    code = [sys.executable, "-c", f"import sys; {doing}; {check}"]
    subprocess.run(code, check=True, cwd=tmp_path, stdout=subprocess.DEVNULL)
