"""What stops a model is said before a run is made: missing files, pickles, options, extras."""

from __future__ import annotations

import json
import shutil
import sys

import diffusers
import loading_samples as samples
import pytest
from drawing import generator
from small import make_recipe
from tiny import NAMES, fresh, tiny

from cohp import pipelines
from cohp.engine import Engine
from cohp.errors import BadInput, CohpError, Missing, MissingExtra, MissingWeights
from cohp.naming import resolve
from cohp.pipelines.prepared import prepare

ASKED = {
    "compile": True,
    "attention": "_native_math",
    "fp8": True,
    "tiling": True,
    "max_sequence_length": 16,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("families")


def saved(home, name):
    """Return the folder of a tiny pipeline, written once."""
    if not (home / name).exists():
        tiny(name).save_pretrained(home / name)
    return home / name


@pytest.fixture
def copy(home, tmp_path):
    return shutil.copytree(saved(home, "sd15"), tmp_path / "sd")


def said(work):
    try:
        work()
    except CohpError as error:
        return str(error).partition(": ")[2]
    return None


@pytest.mark.parametrize("name", NAMES)
def test_without_weights_it_refuses_what_it_would_refuse_with_them(home, name):
    pipe, folder = fresh(name), str(saved(home, name))
    for option, value in ASKED.items():
        model = resolve(folder).model_copy(update={"options": {option: value}})
        early = said(lambda model=model: prepare(model))
        late = said(lambda model=model: generator(name, pipeline=pipe, options=model.options))
        assert early == late


def run_is_not_made(tmp_path, model, error, told):
    run = tmp_path / "run"
    with Engine() as engine, pytest.raises(error, match=told) as raised:
        engine.run(make_recipe(models=[str(model)]), out=run)
    assert "\n" not in str(raised.value)
    assert not run.exists()


def test_a_pickle_is_refused_before_a_run_is_made(copy, tmp_path):
    for file in copy.glob("*/*.safetensors"):
        file.rename(file.with_suffix(".bin"))
    run_is_not_made(tmp_path, copy, BadInput, r"as a pickle .*convert it once.*save_pretrained")


def test_missing_weights_are_said_before_a_run_is_made(copy, tmp_path):
    next((copy / "vae").glob("*.safetensors")).unlink()
    run_is_not_made(tmp_path, copy, MissingWeights, "weights of its vae are missing")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("attention=flash", "UNet2DConditionModel cannot do attention 'flash'"),
        ("scheduler.shift=3", "option scheduler.shift: PNDMScheduler has no such setting"),
        ("call.strength=0.5", "option call.strength: StableDiffusionPipeline takes no such"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_refused_before_a_run_is_made(
    copy, tmp_path, asked, told
):
    run_is_not_made(tmp_path, f"{copy}:{asked}", BadInput, told)


def test_a_part_that_diffusers_does_not_have_is_one_sentence(copy, tmp_path):
    index = json.loads((copy / "model_index.json").read_text())
    changed = {**index, "unet": ["diffusers", "NovelModel"]}
    (copy / "model_index.json").write_text(json.dumps(changed))
    run_is_not_made(tmp_path, f"{copy}:fp8=true", BadInput, "cannot be loaded: .*NovelModel")


def test_a_lora_of_another_family_is_said_before_a_run_is_made(copy, tmp_path):
    pytest.importorskip("peft")
    file = samples.save_lora(samples.sdxl(tmp_path / "tokenizer"), tmp_path / "xl")
    told = r"made for another kind of model than StableDiffusionPipeline \(.*\)\. Use it with"
    run_is_not_made(tmp_path, f"{copy}+{file}:0.5", BadInput, told)


def test_a_lora_that_is_not_here_is_said_before_a_run_is_made(copy, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    told = "LoRA some/style is not on this machine"
    run_is_not_made(tmp_path, f"{copy}+some/style:0.5", MissingWeights, told)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("DDPMPipeline", "cannot be a candidate: it takes no prompt"),
        ("StableDiffusionInpaintPipeline", "inpainting pipeline, which needs an image and a mask"),
        ("AnimateDiffPipeline", "it draws video"),
        ("StableCascadePriorPipeline", "first half of a pipeline"),
        ("IFPipeline", "CoHP does not know IFPipeline and cannot drive it: it lacks latents"),
    ],
)
def test_a_pipeline_for_something_else_is_refused_before_a_run_is_made(copy, tmp_path, kind, told):
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps({**index, "_class_name": kind}))
    run_is_not_made(tmp_path, copy, BadInput, told)


def test_a_key_that_is_not_set_is_said_before_a_run_is_made(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    run_is_not_made(tmp_path, "gpt-image-1", Missing, "export OPENAI_API_KEY=")


def test_a_package_that_a_family_needs_is_named(home, monkeypatch):
    class KolorsPipeline(metaclass=diffusers.utils.DummyObject):
        _backends = ("torch", "sentencepiece", "nowhere_at_all")

    monkeypatch.setattr(diffusers, "KolorsPipeline", KolorsPipeline)
    folder = str(saved(home, "kolors"))
    with pytest.raises(Missing, match=r"KolorsPipeline needs .*pip install nowhere_at_all"):
        pipelines.require(folder)
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingExtra, match=r"KolorsPipeline .*pip install 'cohp\[kolors\]'"):
        pipelines.require(folder)


def test_precision_is_the_one_asked_for_even_on_a_processor(copy):
    drawer = pipelines.load(f"{copy}:dtype=bfloat16")
    assert str(drawer._denoiser._pipe.unet.dtype) == "torch.bfloat16"


def test_other_options_are_other_weights_to_the_journal(copy):
    names = [str(copy), f"{copy}:match_colours=true", f"{copy}:scheduler.steps_offset=0"]
    assert len({pipelines.load(name).revision for name in names}) == len(names)
