"""Fetching from a hub on loopback: what is said first, what comes, and every way it can fail."""

import errno
import json

import pytest
from click.testing import CliRunner
from small_hub import COMMIT, serving

from cohp.catalogue import Lora, Model, find
from cohp.commands.models import models
from cohp.errors import BadInput, Missing, MissingWeights
from cohp.naming import resolve
from cohp.pipelines.download import download
from cohp.pipelines.presence import is_here, status

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
}
FILES = {
    "model_index.json": json.dumps(INDEX),
    "README.md": "words",
    "everything.safetensors": "w" * 5000,
    "unet/config.json": "{}",
    "unet/diffusion_pytorch_model.safetensors": "u" * 3000,
    "unet/diffusion_pytorch_model.fp16.safetensors": "u" * 1500,
    "unet/diffusion_pytorch_model.bin": "pickle",
    "vae/config.json": "{}",
    "vae/diffusion_pytorch_model.safetensors": "v" * 1000,
    "tokenizer/vocab.json": "{}",
    "tokenizer/merges.txt": "",
    "safety_checker/config.json": "{}",
    "safety_checker/model.safetensors": "s" * 4000,
    "unet/onnx/model.onnx": "o" * 4000,
}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    return serving(tmp_path, monkeypatch)


def fetched(asked) -> set[str]:
    return {path.split("/", 4)[4] for path in asked if "/resolve/" in path}


def get(model) -> list[str]:
    said = []
    download(resolve(model) if isinstance(model, str) else model, said.append)
    return said


def test_size_and_licence_are_said_before_anything_large_comes(hub):
    said = []
    with hub(some__model=FILES) as asked:
        download(resolve("some/model"), lambda line: said.append((line, len(fetched(asked)))))
    first, files_by_then = said[0]
    assert first == "some/model: 4 kB, licence: openrail"
    assert files_by_then == 1  # the index, which says what there is
    assert said[-1][0] == "some/model is here."


def test_only_what_is_used_comes(hub):
    with hub(some__model=FILES) as asked:
        get("some/model")
        assert fetched(asked) == {
            "model_index.json",
            "unet/config.json",
            "unet/diffusion_pytorch_model.safetensors",
            "vae/config.json",
            "vae/diffusion_pytorch_model.safetensors",
            "tokenizer/vocab.json",
            "tokenizer/merges.txt",
        }
    assert is_here(resolve("some/model"))
    assert status(resolve("some/model")) == "here"


def test_the_variant_of_the_entry_comes_and_the_plain_one_where_it_has_none(hub):
    model = Model(name="m", source="some/model", variant="fp16", revision=COMMIT)
    with hub(some__model=FILES) as asked:
        get(model)
        weights = {name for name in fetched(asked) if name.endswith("safetensors")}
    assert weights == {
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
    }
    assert is_here(model)


def test_what_is_here_already_is_not_fetched_again(hub):
    with hub(some__model=FILES) as asked:
        get("some/model")
        asked.clear()
        get(Model(name="m", source="some/model", revision=COMMIT))
        assert "unet/diffusion_pytorch_model.safetensors" not in fetched(asked)


def test_loras_and_borrowed_parts_come_too(hub):
    model = Model(
        name="m",
        source="some/model",
        loras=(Lora(source="some/style/one.safetensors"),),
        parts={"text_encoder_4": "LlamaForCausalLM@some/llama"},
    )
    llama = {"config.json": "{}", "model.safetensors": "l", "original/x.pth": "p", "x.bin": "b"}
    style = {"one.safetensors": "1", "two.safetensors": "2"}
    with hub(some__model=FILES, some__llama=llama, some__style=style) as asked:
        assert not is_here(model)
        get(model)
        assert is_here(model)
        assert {"one.safetensors", "config.json", "model.safetensors"} <= fetched(asked)
        assert not {"two.safetensors", "original/x.pth", "x.bin"} & fetched(asked)


def test_a_lora_that_goes_by_another_name_is_pointed_at(hub):
    model = Model(name="m", source="some/model", loras=(Lora(source="some/style"),))
    style = {"one.safetensors": "1", "two.safetensors": "2"}
    with (
        hub(some__model=FILES, some__style=style),
        pytest.raises(BadInput, match=r"Name one of some/style/one\.safetensors, some/style/two"),
    ):
        get(model)


def test_a_single_file_gets_its_configuration_without_weights(hub, tmp_path):
    file = tmp_path / "mix.safetensors"
    header = b'{"cond_stage_model.x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'
    file.write_bytes(len(header).to_bytes(8, "little") + header)
    model = resolve(str(file))
    with hub(**{find("sd15").source.replace("/", "__"): FILES}) as asked:
        assert status(model) == "not there"
        get(model)
        assert not any(name.endswith("safetensors") for name in fetched(asked))
    assert is_here(model)


def test_a_gate_on_a_borrowed_part_is_said_before_anything_large_comes(hub):
    model = Model(name="m", source="some/model", parts={"t": "LlamaForCausalLM@some/llama"})
    llama = {"config.json": "{}", "model.safetensors": "l"}
    with (
        hub(some__model=FILES, some__llama=llama, gated=["some/llama"]) as asked,
        pytest.raises(MissingWeights, match="The owner of some/llama asks for consent"),
    ):
        get(model)
    assert fetched(asked) == {"model_index.json"}


def test_a_repository_of_pickles_is_refused_with_the_conversion(hub):
    files = {name: text for name, text in FILES.items() if "safetensors" not in name}
    with hub(some__model=files), pytest.raises(BadInput, match=r"pickle.*from_pretrained\('some"):
        get("some/model")


def test_a_repository_that_is_no_pipeline(hub):
    with hub(some__model={"config.json": "{}"}), pytest.raises(BadInput, match="no diffusers"):
        get("some/model")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((403, "GatedRepo"), "Agree at https://huggingface.co/some/model, run `hf auth login`"),
        ((401, "RepoNotFound"), "The hub has no some/model, or it is private"),
        ((500, "Broken"), "could not be fetched"),
    ],
)
def test_what_the_hub_will_not_give(hub, answer, told):
    with hub(some__model=answer), pytest.raises(MissingWeights) as raised:
        get("some/model")
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_revision_that_is_not_there(hub):
    with hub(some__model=FILES), pytest.raises(BadInput, match="no revision v9"):
        get("some/model@v9")


def test_no_network_is_one_sentence(hub, monkeypatch):
    with hub(some__model=FILES):
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
        with pytest.raises(MissingWeights, match=r"could not be fetched.*Look to the network"):
            get("some/model")


def test_offline_is_said_and_nothing_is_asked(hub, monkeypatch):
    with hub(some__model=FILES) as asked:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(Missing, match="HF_HUB_OFFLINE is set"):
            get("some/model")
        assert asked == []


def test_too_small_a_disk_is_said_before_it_fills(hub, monkeypatch):
    room = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: room)
    with (
        hub(some__model=FILES) as asked,
        pytest.raises(MissingWeights, match=r"some/model takes 4 kB and .* has 1 kB left.*HF_HOME"),
    ):
        get("some/model")
    assert fetched(asked) == {"model_index.json"}


def test_a_disk_that_fills_on_the_way(hub, monkeypatch):
    from huggingface_hub import file_download  # noqa: PLC0415

    whole = file_download.http_get

    def filling(url, stream, **more):
        if "unet" in url:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(url, stream, **more)

    monkeypatch.setattr(file_download, "http_get", filling)
    with (
        hub(some__model=FILES),
        pytest.raises(MissingWeights, match=r"disk filled up.*Make room"),
    ):
        get("some/model")
    assert status(resolve("some/model")) == "in part"


@pytest.mark.parametrize("name", ["fake-ink", "gpt-image-1"])
def test_what_has_nothing_to_download(name):
    with pytest.raises(BadInput, match="nothing to download"):
        get(name)


def test_the_command_downloads_and_describes(hub):
    with hub(some__model=FILES):
        done = CliRunner().invoke(models, ["--get", "some/model"], catch_exceptions=False)
    assert done.output.splitlines()[-1] == "some/model is here."
    shown = CliRunner().invoke(models, ["some/model"], catch_exceptions=False).output
    assert "on this machine         here" in shown
    assert "family                  sd" in shown


def test_the_command_lists_what_a_choice_needs(hub, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    listed = CliRunner().invoke(models, [], catch_exceptions=False).output
    row = next(line for line in listed.splitlines() if line.strip().startswith("flux-dev"))
    assert row.split()[:6] == ["flux-dev", "flux", "33.7", "GB", "1024x1024", "no"]
    assert "no OPENAI_API_KEY" in listed
    described = CliRunner().invoke(models, ["gpt-image-1"], catch_exceptions=False).output
    assert "$0.042 an image" in described
    assert "a local candidate refines" in described


def test_another_version_than_the_pinned_one_is_said_to_be_another(hub):
    with hub(**{find("sdxl").source.replace("/", "__"): FILES}):
        get(Model(name="m", source=find("sdxl").source))
    assert status(find("sdxl")) == "another version"
