"""Options that a family can honour are honoured, and others are refused by name."""

from __future__ import annotations

import sys
import types
from importlib.util import find_spec

import pytest
import torch
from diffusers.models import attention_dispatch
from drawing import distance, draw, generator, shot
from tiny import fresh, tiny

from cohp.errors import BadInput, MissingExtra
from cohp.pipelines.speed import denoiser_of


@pytest.mark.parametrize("name", ["flux-dev", "flux2-dev", "qwen-image", "z-image", "chroma"])
def test_attention_is_set_where_it_is_looked_for(name):
    pipe = fresh(name)
    (plain,) = draw(generator(name, pipeline=pipe), shot(name))
    drawer = generator(name, pipeline=pipe, options={"attention": "_native_math"})
    (other,) = draw(drawer, shot(name))
    assert distance(plain.latents, other.latents) <= 1e-4
    assert attention_dispatch._AttentionBackendRegistry.get_active_backend()[0].value == "native"


@pytest.mark.parametrize("name", ["sd15", "sd3", "pixart", "cogview4", "sana", "aura-flow"])
def test_attention_that_would_change_nothing_is_refused(name):
    with pytest.raises(BadInput, match=r"\w+2D\w* cannot do attention 'flash', which"):
        generator(name, options={"attention": "flash"})


@pytest.mark.parametrize("backend", ["flash", "wrong"])
def test_attention_that_is_not_there_is_refused(backend):
    with pytest.raises(BadInput, match=f"flux-dev: .* cannot do attention '{backend}': .*Leave"):
        generator("flux-dev", options={"attention": backend})


@pytest.mark.skipif(bool(find_spec("xformers")), reason="it is here")
@pytest.mark.parametrize("name", ["flux-dev", "sd15", "sd3"])
def test_attention_by_xformers_says_how_to_get_it(name):
    with pytest.raises(MissingExtra, match=r"cohp\[xformers\]"):
        generator(name, options={"attention": "xformers"})


@pytest.mark.parametrize("attention", ["sdpa", "native"])
def test_the_attention_that_all_have_needs_nothing(attention):
    assert generator("sd15", options={"attention": attention})


@pytest.mark.parametrize("name", ["hunyuan-dit", "cogview4", "sana", "lumina2", "aura-flow"])
def test_xformers_is_refused_where_it_would_draw_nonsense(name):
    with pytest.raises(BadInput, match="put in the place of what it is not"):
        generator(name, options={"attention": "xformers"})


@pytest.mark.parametrize("name", ["sdxl", "sd3", "pixart"])
def test_xformers_is_tried_where_it_is_the_same(name, monkeypatch):
    asked = []
    monkeypatch.setattr("cohp.pipelines.speed.find_spec", lambda _: True)
    denoiser = denoiser_of(tiny(name))
    monkeypatch.setattr(
        denoiser, "enable_xformers_memory_efficient_attention", lambda: asked.append(name)
    )
    generator(name, options={"attention": "xformers"})
    assert asked == [name]


def test_attention_from_the_hub_is_refused():
    with pytest.raises(BadInput, match="fetch a compiled kernel"):
        generator("flux-dev", options={"attention": "flash_hub"})


@pytest.mark.parametrize("name", ["flux-dev", "sdxl", "qwen-image", "z-image", "chroma"])
def test_repeated_blocks_are_compiled(name, monkeypatch):
    compiled = []

    def note(module):
        compiled.append(module)

    monkeypatch.setattr(torch.nn.Module, "compile", note)
    generator(name, pipeline=fresh(name), options={"compile": True})
    assert compiled


@pytest.mark.parametrize("name", ["pixart", "sana", "lumina2", "hunyuan-dit", "sd3"])
def test_blocks_that_cannot_be_compiled_are_said(name):
    with pytest.raises(BadInput, match=f"{name}: .* nothing to compile"):
        generator(name, options={"compile": True})


@pytest.mark.parametrize("name", ["sd15", "flux-dev", "sd3", "pixart"])
def test_weights_rest_in_eight_bits(name):
    pipe = fresh(name)
    drawer = generator(name, pipeline=pipe, options={"fp8": True})
    stored = {weight.dtype for weight in denoiser_of(pipe).parameters()}
    assert torch.float8_e4m3fn in stored
    (rough,) = draw(drawer, shot(name))
    (exact,) = draw(generator(name), shot(name))
    assert 0 < distance(rough.latents, exact.latents) < 0.5


def test_the_autoencoder_works_in_tiles():
    pipe = fresh("sd15")
    drawer = generator("sd15", pipeline=pipe, options={"tiling": True})
    assert pipe.vae.use_tiling
    assert draw(drawer, shot("sd15"))


def test_quantising_needs_its_package():
    if "torchao" not in sys.modules:
        with pytest.raises(MissingExtra, match=r"cohp\[quantize\]"):
            generator("sd15", options={"quantize": "int8"})


def test_quantising_is_handed_to_torchao(monkeypatch):
    seen = []
    package, module = types.ModuleType("torchao"), types.ModuleType("torchao.quantization")
    module.Int8WeightOnlyConfig = lambda: "eight"
    module.quantize_ = lambda *given: seen.append(given)
    package.__spec__ = types.SimpleNamespace(loader=None)
    monkeypatch.setitem(sys.modules, "torchao", package)
    monkeypatch.setitem(sys.modules, "torchao.quantization", module)
    generator("sd15", options={"quantize": "int8"})
    assert seen == [(tiny("sd15").unet, "eight")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"vae_slices": True}, "there is no option 'vae_slices'; there are attention, call"),
        ({"compile": "yes"}, "option compile: Input should be a valid boolean"),
        ({"text_encoders": "burn"}, "option text_encoders: Input should be 'keep' or 'release'"),
        ({"quantize": "int3"}, "option quantize: Input should be 'int8', 'int4' or 'float8'"),
        ({"call": {"eta_": 1}}, "option call.eta_: StableDiffusionPipeline takes no such argument"),
        ({"call": {"latents": 1}}, "option call.latents: CoHP sets that itself"),
        ({"call": {"guidance_scale": 1}}, "option call.guidance_scale: CoHP sets that itself"),
        ({"max_sequence_length": 9}, "option max_sequence_length: StableDiffusionPipeline always"),
        ({"fp8": True, "quantize": "int8"}, "fp8 and quantize exclude each other"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(options, said):
    with pytest.raises(BadInput, match=said):
        generator("sd15", options=options)


def test_an_option_of_the_loading_is_left_to_it():
    generator("sd15", options={"scheduler": {"timestep_spacing": "trailing"}})
