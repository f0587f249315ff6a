"""From latents to pixels and back: the same for all, and no overflow is taken for a picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from drawing import SIDE, draw, generator, shot
from PIL import Image
from tiny import NAMES, tiny

from cohp.pipelines.families import family_of
from cohp.reward.refusal import refusal


def test_pixels_are_those_of_the_image():
    (drawn,) = draw(generator("sd15"), shot("sd15"))
    levels = torch.from_numpy(np.asarray(drawn.image).copy()).permute(2, 0, 1)
    assert torch.equal((drawn.pixels * 255).round().byte(), levels)
    assert torch.allclose(drawn.pixels * 255, levels.float(), atol=1e-4)
    assert drawn.latents.dtype == np.float32
    assert not drawn.pixels.is_inference()


def test_a_decoder_that_overflows_decodes_in_float32_from_then_on(monkeypatch):
    drawer = generator("sd15")
    autoencoder, codec = drawer._autoencoder, drawer._autoencoder._codec
    decode, types = codec.decode, []

    class Overflowing:
        def decode(self, vae, latents):
            types.append(vae.dtype)
            pixels = decode(vae, latents)
            return pixels if vae.dtype == torch.float32 else pixels * torch.inf

    vae = autoencoder._vae
    try:
        vae.to(torch.float16)
        monkeypatch.setattr(autoencoder, "_codec", Overflowing())
        first, second = draw(drawer, shot("sd15", 1), shot("sd15", 2))
    finally:
        vae.to(torch.float32)
    assert types == [torch.float16, torch.float32, torch.float32]
    assert first.pixels.isfinite().all()
    assert second.pixels.isfinite().all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_an_overflow_is_never_taken_for_a_picture(value, monkeypatch):
    drawer = generator("sd15")
    run, codec = drawer._denoiser.run, drawer._autoencoder._codec

    def broken(*arguments, **named):
        latents, carry = run(*arguments, **named)
        latents[0, 0, 0, 0] = value
        return latents, carry

    with monkeypatch.context() as patched:
        patched.setattr(drawer._denoiser, "run", broken)
        (drawn,) = draw(drawer, shot("sd15"))
    assert drawn.pixels.isnan().all()

    class Overflowing:
        def decode(self, vae, latents):
            pixels = codec.decode(vae, latents)
            pixels[0, 0, 0, 0] = value
            return pixels

    monkeypatch.setattr(drawer._autoencoder, "_codec", Overflowing())
    (drawn,) = draw(drawer, shot("sd15"))
    assert "not numbers" in refusal(drawn.pixels)
    assert "not numbers" in drawn.facts["note"]


def test_a_decoder_known_to_overflow_is_float32_at_once():
    vae = tiny("sdxl").vae
    try:
        vae.to(torch.float16)
        generator("sdxl")
        assert vae.dtype == torch.float32
    finally:
        vae.to(torch.float32)


@pytest.mark.parametrize("name", NAMES)
def test_the_decoder_and_the_encoder_agree_on_what_latents_are(name):
    """Scaling, shifting and normalising are undone: latents of an image decode to pixels again."""
    drawer = generator(name)
    image = Image.effect_mandelbrot((SIDE, SIDE), (-2, -1.5, 1, 1.5), 30).convert("RGB")
    with torch.inference_mode():
        latents = drawer._autoencoder.encode(image, SIDE, SIDE)
        assert latents.shape == drawer._denoiser.shape(SIDE, SIDE)
        codec, vae = family_of(tiny(name)).codec, tiny(name).vae
        if hasattr(vae, "encoder"):
            plain = codec.decode(_Echo(vae), latents[None])
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 127.5 - 1
            assert torch.allclose(codec.encode(_Fixed(vae, plain), pixels)[0], latents, atol=1e-4)


class _Echo:
    """An autoencoder whose decoder returns what it is handed."""

    def __init__(self, vae):
        self.config, self.dtype = vae.config, vae.dtype
        self.bn = getattr(vae, "bn", None)

    def decode(self, latents, **_):
        return [latents]


class _Fixed(_Echo):
    """An autoencoder whose encoder returns a given answer."""

    def __init__(self, vae, answer):
        super().__init__(vae)
        self._answer = answer

    def encode(self, pixels):
        frames = self._answer[:, :, None] if pixels.ndim == 5 else self._answer
        return type("Out", (), {"latent": frames})()


@pytest.mark.parametrize(("name", "shared"), [("sd15", True), ("qwen-image", False)])
def test_what_remembers_frames_decodes_in_one_thread(name, shared):
    assert generator(name)._autoencoder.shared == shared
