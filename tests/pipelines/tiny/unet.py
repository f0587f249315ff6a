"""Stable Diffusion, SDXL with its offspring, and Kolors."""

from __future__ import annotations

import torch
from diffusers import (
    EDMDPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    KolorsPipeline,
    PNDMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.kolors.text_encoder import ChatGLMConfig, ChatGLMModel
from transformers import BatchEncoding, PreTrainedTokenizerFast

from tiny import builds
from tiny.parts import WORDS, autoencoder, clip, tokenizer

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def unet(**changes):
    settings = {
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "sample_size": 64,
        "in_channels": 4,
        "out_channels": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "cross_attention_dim": 16,
        "attention_head_dim": 4,
        "norm_num_groups": 2,
        **changes,
    }
    return UNet2DConditionModel(**settings).eval()


def wide(across):
    """Return a denoiser that is told of sizes too, and reads text of a width."""
    return unet(
        addition_embed_type="text_time",
        addition_time_embed_dim=4,
        transformer_layers_per_block=(1, 1),
        projection_class_embeddings_input_dim=16 + 6 * 4,
        cross_attention_dim=across,
        use_linear_projection=True,
    )


@builds("sd15")
def sd15():
    return StableDiffusionPipeline(
        vae=autoencoder(),
        text_encoder=clip(),
        tokenizer=tokenizer(),
        unet=unet(),
        scheduler=PNDMScheduler(
            **BETAS, skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _sdxl(scheduler, vae=None):
    return StableDiffusionXLPipeline(
        vae=vae or autoencoder(),
        text_encoder=clip(),
        text_encoder_2=clip(projects=True),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        unet=wide(32),
        scheduler=scheduler,
        add_watermarker=False,
    )


@builds("sdxl")
def sdxl():
    return _sdxl(EulerDiscreteScheduler(**BETAS, steps_offset=1, timestep_spacing="leading"))


@builds("sdxl-turbo")
def sdxl_turbo():
    return _sdxl(EulerDiscreteScheduler(**BETAS, steps_offset=1, timestep_spacing="trailing"))


@builds("playground")
def playground():
    vae = autoencoder(latents_mean=[0.1, -0.2, 0.3, 0.0], latents_std=[1.1, 0.9, 1.2, 1.0])
    return _sdxl(EDMDPMSolverMultistepScheduler(sigma_min=0.002, sigma_max=80.0), vae)


class _Glm(PreTrainedTokenizerFast):
    """Counts positions, as the tokenizer of ChatGLM does."""

    def __call__(self, *arguments, **named):
        out = super().__call__(*arguments, **named)
        places = torch.arange(out["input_ids"].shape[1]).expand_as(out["input_ids"])
        return BatchEncoding({**out, "position_ids": places})


@builds("kolors")
def kolors():
    config = ChatGLMConfig(
        num_layers=2,
        padded_vocab_size=WORDS,
        hidden_size=16,
        ffn_hidden_size=16,
        kv_channels=4,
        num_attention_heads=4,
        seq_length=256,
        multi_query_attention=True,
        multi_query_group_num=2,
        add_bias_linear=False,
        add_qkv_bias=True,
        original_rope=True,
    )
    words = ChatGLMModel(config).eval()
    # It leaves its weights as the memory happened to be.
    for weight in words.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return KolorsPipeline(
        vae=autoencoder(),
        text_encoder=words,
        tokenizer=tokenizer(256, _Glm),
        unet=wide(16),
        scheduler=EulerDiscreteScheduler(**BETAS, steps_offset=1),
    )
