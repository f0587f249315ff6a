"""What each mistake in naming a model is told, in one sentence."""

import pytest
from shapes import folder, lora, tensors

from cohp.errors import BadInput, UnknownName
from cohp.naming import resolve


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch, hub_cache):
    monkeypatch.chdir(tmp_path)


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
