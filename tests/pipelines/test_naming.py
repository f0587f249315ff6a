"""Naming a model: every way there is, and what each mistake is told."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from cohp.catalogue import catalogue, find
from cohp.errors import BadInput, UnknownName
from cohp.naming import resolve

ONE = {"x": np.zeros(1, np.float32)}


@pytest.fixture(autouse=True)
def _hub(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.chdir(tmp_path)


def folder(path: Path, kind="StableDiffusionPipeline", side=64) -> Path:
    for part in ("unet", "vae"):
        (path / part).mkdir(parents=True)
    (path / "model_index.json").write_text(json.dumps({"_class_name": kind}))
    (path / "unet" / "config.json").write_text(json.dumps({"sample_size": side}))
    (path / "vae" / "config.json").write_text(json.dumps({"block_out_channels": [1, 2, 3, 4]}))
    return path


def tensors(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.zeros(1, np.float32) for name in names or ("x",)}, path)
    return path


def lora(path: Path) -> Path:
    return tensors(path, "unet.down.lora_A.weight", "unet.down.lora_B.weight")


def in_the_cache(hub: Path, repo: str, commit: str, kind: str) -> Path:
    kept = hub / f"models--{repo.replace('/', '--')}"
    (kept / "refs").mkdir(parents=True, exist_ok=True)
    (kept / "refs" / "main").write_text(commit)
    return folder(kept / "snapshots" / commit, kind)


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


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("", "needs a name"),
        ("   ", "needs a name"),
        ("./nowhere", "no folder or file"),
        ("~/nowhere-at-all", "no folder or file"),
        ("nowhere.safetensors", "no file"),
        ("./old.ckpt", "pickle"),
        ("openai:", "openai:MODEL@ADDRESS"),
        ("openai:m@ftp://x", "openai:MODEL@ADDRESS"),
        ("openai:m@http://[x", "openai:MODEL@ADDRESS"),
        ("openai:m@https://user:secret@x/v1", "does not belong in an address"),
        ("sdxl+nothing.safetensors", "no LoRA nothing"),
        ("sdxl+./notes.txt", "no .safetensors file"),
        ("./notes.txt", "is not a .safetensors file"),
        ("./notes.txt@sdxl", "no folder or file"),
        ("mix.safetensors@fake-ink", "fake-ink cannot configure"),
        ("mix.safetensors@.", "it has no model_index.json"),
        ("sdxl+", "no LoRA"),
        ("sdxl+someone/style:99", "between -10 and 10"),
        ("fake-ink+someone/style", "takes no LoRA"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(tmp_path, spec, told):
    (tmp_path / "notes.txt").write_text("words")
    tensors(tmp_path / "mix.safetensors")
    with pytest.raises(BadInput, match=told) as raised:
        resolve(spec)
    assert "\n" not in str(raised.value)


def test_an_unknown_name_says_what_is_close():
    with pytest.raises(UnknownName, match="flux-schnell"):
        resolve("flux-shnell")
    with pytest.raises(UnknownName):
        resolve("a/b/c")


def test_a_folder_that_is_no_pipeline_says_what_to_name(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="save_pretrained"):
        resolve("./empty")
    base = folder(tmp_path / "base")
    with pytest.raises(BadInput, match=f"one part of the pipeline {base}"):
        resolve(str(base / "unet"))
    folder(tmp_path / "many" / "one")
    with pytest.raises(BadInput, match="holds pipelines: name one of one"):
        resolve("./many")
    tensors(tmp_path / "files" / "mix.safetensors")
    with pytest.raises(BadInput, match=r"name it: .*mix\.safetensors"):
        resolve("./files")
    tensors(tmp_path / "style" / "adapter_model.safetensors")
    (tmp_path / "style" / "adapter_config.json").write_text("{}")
    with pytest.raises(BadInput, match="holds a LoRA"):
        resolve("./style")


def test_a_broken_index_is_said_to_be_broken(tmp_path):
    base = folder(tmp_path / "base")
    (base / "model_index.json").write_text("{")
    with pytest.raises(BadInput, match="cannot be read"):
        resolve(str(base))
    (base / "model_index.json").write_text("{}")
    with pytest.raises(BadInput, match="_class_name"):
        resolve(str(base))


def test_a_lora_is_not_a_model_and_a_model_no_lora(tmp_path):
    lora(tmp_path / "style.safetensors")
    with pytest.raises(BadInput, match="is a LoRA"):
        resolve("style.safetensors")
    tensors(tmp_path / "mix.safetensors")
    with pytest.raises(BadInput, match="is no LoRA"):
        resolve("sdxl+mix.safetensors")


@pytest.mark.parametrize("data", [b"", b"short", b"\xff" * 64, b"\x02" + b"\0" * 7 + b"[]"])
def test_what_is_no_safetensors_file_is_not_taken_for_one(tmp_path, data):
    (tmp_path / "bad.safetensors").write_bytes(data)
    with pytest.raises(BadInput, match="safetensors"):
        resolve("bad.safetensors")


def test_a_pickle_is_refused_with_the_line_that_converts_it(tmp_path):
    (tmp_path / "old.ckpt").write_bytes(b"x")
    with pytest.raises(BadInput, match=r"save_file.*name old\.safetensors"):
        resolve("old.ckpt")


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
