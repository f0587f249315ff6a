"""FLUX.1 with and without guidance, FLUX.2, its klein, and Chroma."""

from __future__ import annotations

from diffusers import (
    AutoencoderKLFlux2,
    ChromaPipeline,
    ChromaTransformer2DModel,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Pipeline,
    Flux2Transformer2DModel,
    FluxPipeline,
    FluxTransformer2DModel,
)
from transformers import MistralConfig, MistralForCausalLM, Qwen3Config, Qwen3ForCausalLM

from tiny import builds
from tiny.parts import HEADS, autoencoder, clip, language, t5, tokenizer

SMALL = {**HEADS, "patch_size": 1, "in_channels": 16, "num_layers": 1, "num_single_layers": 1}
SHIFTED = {"shift": 3.0, "use_dynamic_shifting": True}


def vae():
    return autoencoder(4, shift_factor=0.1, scaling_factor=0.4)


def _flux(*, guidance, **scheduler):
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(**scheduler),
        vae=vae(),
        text_encoder=clip(),
        tokenizer=tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=tokenizer(512),
        transformer=FluxTransformer2DModel(
            **SMALL,
            joint_attention_dim=16,
            pooled_projection_dim=16,
            axes_dims_rope=(2, 2, 4),
            guidance_embeds=guidance,
        ).eval(),
    )


@builds("flux-dev")
def flux_dev():
    return _flux(guidance=True, **SHIFTED)


@builds("flux-schnell")
def flux_schnell():
    return _flux(guidance=False, shift=1.0, use_dynamic_shifting=False)


def _flux2(pipeline, encoder, layers, *, guidance, **more):
    return pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(**SHIFTED),
        vae=AutoencoderKLFlux2(
            block_out_channels=(4, 4, 4, 4),
            latent_channels=4,
            norm_num_groups=2,
            layers_per_block=1,
        ).eval(),
        text_encoder=language(encoder, 16, layers),
        tokenizer=tokenizer(512),
        transformer=Flux2Transformer2DModel(
            **SMALL,
            joint_attention_dim=48,
            timestep_guidance_channels=8,
            axes_dims_rope=(2, 2, 2, 2),
            guidance_embeds=guidance,
        ).eval(),
        **more,
    )


@builds("flux2-dev")
def flux2_dev():
    return _flux2(Flux2Pipeline, (MistralConfig, MistralForCausalLM), 30, guidance=True)


@builds("flux2-klein")
def flux2_klein():
    pipe = _flux2(
        Flux2KleinPipeline, (Qwen3Config, Qwen3ForCausalLM), 27, guidance=False, is_distilled=False
    )
    # Numbers that a norm without training would not have.
    pipe.vae.bn.running_mean.uniform_(-0.5, 0.5)
    pipe.vae.bn.running_var.uniform_(0.5, 1.5)
    return pipe


@builds("chroma")
def chroma():
    return ChromaPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(**SHIFTED),
        vae=vae(),
        text_encoder=t5(),
        tokenizer=tokenizer(512),
        transformer=ChromaTransformer2DModel(
            **SMALL,
            joint_attention_dim=16,
            axes_dims_rope=(2, 2, 4),
            approximator_num_channels=8,
            approximator_hidden_dim=16,
            approximator_layers=1,
        ).eval(),
    )
