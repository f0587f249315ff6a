"""What models take: read from their weights where they are here, else from their entries."""

from __future__ import annotations

import pytest

from cohp.catalogue import catalogue, find
from cohp.naming import resolve
from cohp.pipelines.loading import load_pipeline
from cohp.pipelines.precision import WIDTHS
from cohp.pipelines.sizes import need_of
from cohp.reward.loading import load
from cohp.reward.sizes import needs_of

SIZED = [model for model in catalogue().values() if model.billions]


def held(module):
    # What is tied has two names.
    sizes = {each.data_ptr(): each.nbytes for each in module.state_dict().values()}
    return sum(sizes.values())


@pytest.mark.parametrize("name", ["mini-poster", "mini-mural"])
def test_sizes_read_from_headers_are_those_of_the_loaded_model(name):
    need, pipe = need_of(find(name), processor=True), load_pipeline(find(name))
    assert need.denoiser == held(pipe.transformer)
    assert need.vae == held(pipe.vae)
    encoders = [part for part in pipe.components if part.startswith("text_encoder")]
    loaded = sum(held(getattr(pipe, part)) for part in encoders)
    assert need.encoders == pytest.approx(loaded, rel=0.02)
    assert not need.rough
    assert need.largest == max(
        each.numel() * 4
        for part in ("transformer", *encoders)
        for each in getattr(pipe, part).parameters()
    )


def test_every_entry_of_the_hub_knows_its_parts():
    hub = [m.name for m in catalogue().values() if m.origin == "hub"]
    assert hub == [model.name for model in SIZED]


@pytest.mark.parametrize("model", SIZED, ids=lambda model: model.name)
def test_the_parts_of_an_entry_add_up_to_what_a_download_takes(model):
    """Some publish parts in float32, and are downloaded larger than they are loaded."""
    values = sum(model.billions.values()) * 10**9
    assert 0.95 * WIDTHS[model.dtype] * values <= model.bytes <= 1.05 * 4 * values


def test_an_entry_is_sized_in_the_type_it_is_loaded_in():
    assert need_of(find("flux-dev"), processor=False).denoiser == 23_800_000_000
    assert need_of(find("flux-dev"), processor=True).denoiser == 47_600_000_000
    assert need_of(find("flux-dev"), processor=False).rough
    assert need_of(resolve("sdxl:dtype=float32"), processor=False).denoiser == 4 * 2_567_000_000


def test_fewer_bits_and_fewer_pixels_take_less():
    whole = need_of(find("sdxl"), processor=False)
    for name in ("sdxl:fp8=true", "sdxl:quantize=int8", "sdxl:quantize=int4"):
        assert need_of(resolve(name), processor=False).denoiser < 0.6 * whole.denoiser
    small = need_of(find("sdxl"), processor=False, width=512, height=512)
    assert small.drawing * 4 == pytest.approx(whole.drawing, rel=0.01)
    assert small.decoding * 4 == whole.decoding
    assert [each.name for each in whole.leaner] == ["sdxl:fp8=true"]
    (half,) = need_of(find("sdxl"), processor=True).leaner
    assert (half.name, half.denoiser) == ("sdxl:dtype=bfloat16", whole.denoiser)


def test_only_a_small_model_on_a_processor_decodes_several_pictures_at_once(monkeypatch):
    monkeypatch.setattr("torch.get_num_threads", lambda: 3)
    for name, processor, decoders in (
        ("mini-poster", True, 3),
        ("mini-poster", False, 1),
        ("sdxl", True, 1),
    ):
        assert need_of(find(name), processor=processor).decoders == decoders


def test_what_needs_no_device_takes_none():
    for name in ("fake-ink", "gpt-image-1"):
        assert need_of(find(name), processor=False).whole == 0


def test_hunyuandit_never_comes_by_layers():
    assert not need_of(find("hunyuandit"), processor=False).layers_leave
    assert need_of(find("kolors"), processor=False).layers_leave


def test_a_reward_is_sized_by_its_weights():
    (need,) = needs_of("mini-judge", processor=True)
    loaded = load("mini-judge")._model
    assert need.weights == pytest.approx(held(loaded), rel=0.02)


def test_a_reward_that_is_not_here_is_sized_by_its_entry():
    (need,) = needs_of("hpsv3", processor=False)
    assert (need.weights, need.rough) == (16_600_000_000, True)
    assert needs_of("hpsv3", processor=True)[0].weights == 33_200_000_000
    packed = needs_of("hpsv3:quantize=8bit", processor=False)[0].weights
    assert packed == need.leaner[0].weights < 0.6 * need.weights
    assert [each.name for each in needs_of("hpsv3*2+fake", processor=False)] == ["hpsv3*2", "fake"]
