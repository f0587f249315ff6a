"""Refining is what diffusers' own img2img pipelines do, where they do it right."""

from __future__ import annotations

import diffusers
import pytest
import torch
from diffusers.image_processor import VaeImageProcessor
from drawing import SIDE, child, distance, draw, generator, shot
from tiny import tiny

STEPS = 8
# The share of steps that starts both at the same one: theirs is rounded down or up.
STARTS = (0.25, 0.5, 0.75)
OWN = {
    "sd15": "StableDiffusionImg2ImgPipeline",
    "sdxl": "StableDiffusionXLImg2ImgPipeline",
    "sdxl-turbo": "StableDiffusionXLImg2ImgPipeline",
    "playground": "StableDiffusionXLImg2ImgPipeline",
    "kolors": "KolorsImg2ImgPipeline",
    "sd3": "StableDiffusion3Img2ImgPipeline",
    "flux-dev": "FluxImg2ImgPipeline",
    "flux-schnell": "FluxImg2ImgPipeline",
    "qwen-image": "QwenImageImg2ImgPipeline",
    "z-image": "ZImageImg2ImgPipeline",
    "chroma": "ChromaImg2ImgPipeline",
}
# Where their default is another than that of text-to-image.
SIZE = {"height": SIDE, "width": SIDE}
MORE = {
    "kolors": SIZE,
    "flux-dev": {**SIZE, "guidance_scale": 3.5},
    "flux-schnell": {**SIZE, "max_sequence_length": 256},
    "qwen-image": {**SIZE, "negative_prompt": " "},
    "z-image": SIZE,
    "chroma": SIZE,
}
# Schedulers of the oldest family, which people exchange most.
SCHEDULERS = (
    "DDIMScheduler",
    "DDPMScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "UniPCMultistepScheduler",
    "LCMScheduler",
)


def img2img(name):
    """Return diffusers' own pipeline over the same parts, made to take latents for an image."""
    pipe = getattr(diffusers, OWN[name])(**tiny(name).components)
    pipe.set_progress_bar_config(disable=True)
    if name in {"z-image", "chroma", "qwen-image", "flux-dev", "flux-schnell"}:
        # As it is, it would take our tiny latents for an image.
        pipe.image_processor = VaeImageProcessor(
            vae_scale_factor=pipe.vae_scale_factor, vae_latent_channels=4
        )
    return pipe


def refined_by_both(name, strength):
    drawer = generator(name)
    (parent,) = draw(drawer, shot(name, 1, steps=STEPS))
    (ours,) = draw(drawer, child(parent, 5, strength), parents=[parent])
    theirs = img2img(name)(
        prompt=parent.shot.prompt,
        image=torch.from_numpy(parent.latents)[None],
        strength=strength,
        num_inference_steps=STEPS,
        generator=torch.Generator().manual_seed(5),
        output_type="latent",
        **MORE.get(name, {}),
    )
    return ours, theirs


@pytest.mark.parametrize("strength", STARTS)
@pytest.mark.parametrize("name", OWN)
def test_it_is_their_img2img(name, strength):
    ours, theirs = refined_by_both(name, strength)
    pack = generator(name)._denoiser._family.gives.pack
    expected = pack(torch.from_numpy(ours.latents)[None])
    assert distance(theirs.images.float().numpy(), expected.numpy()) <= 2e-5


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_it_is_their_img2img_with_other_schedulers(scheduler, monkeypatch):
    pipe = tiny("sd15")
    config = {**pipe.scheduler.config, "clip_sample": False}
    monkeypatch.setattr(pipe, "scheduler", getattr(diffusers, scheduler).from_config(config))
    ours, theirs = refined_by_both("sd15", 0.5)
    assert distance(theirs.images.numpy()[0], ours.latents) <= 2e-5


@pytest.mark.parametrize("strength", STARTS)
@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_it_is_their_img2img_with_pictures_under_flows(name, strength, monkeypatch):
    flow = {"use_flow_sigmas": True, "prediction_type": "sample", "steps_offset": 1}
    monkeypatch.setattr(tiny(name), "scheduler", diffusers.DPMSolverMultistepScheduler(**flow))
    ours, theirs = refined_by_both(name, strength)
    assert distance(theirs.images.numpy()[0], ours.latents) <= 2e-5
