"""Stable Diffusion 3, the shape of our embedded model, Qwen-Image, Z-Image and HiDream."""

from __future__ import annotations

from diffusers import (
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    HiDreamImagePipeline,
    HiDreamImageTransformer2DModel,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3Config,
    Qwen3Model,
)

from tiny import builds
from tiny.flux import SHIFTED, vae
from tiny.parts import HEADS, LATENTS, SQUARE, WORDS, autoencoder, clip, language, t5, tokenizer


@builds("sd3")
def sd3():
    return StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            **SQUARE,
            out_channels=4,
            num_layers=2,
            joint_attention_dim=32,
            caption_projection_dim=16,
            pooled_projection_dim=32,
            pos_embed_max_size=16,
        ).eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(),
        text_encoder=clip(projects=True),
        tokenizer=tokenizer(),
        text_encoder_2=clip(projects=True),
        tokenizer_2=tokenizer(),
        text_encoder_3=t5(32),
        tokenizer_3=tokenizer(256),
    )


@builds("mini")
def mini():
    """Build the embedded model's shape: large patches, latents that are the pixels."""
    # For this one alone.
    from training.generator.kinds import pipeline  # noqa: PLC0415
    from training.generator.poster import Poster, Shape  # noqa: PLC0415

    shape = Shape(width=32, depth=2, heads=2, texts=(32, 32))
    return pipeline(Poster(shape, ("a", "red", "fox", "at", "dawn", "blue", "house", "sea")))


@builds("qwen-image")
def qwen_image():
    text = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "rope_parameters": {
            "mrope_section": [1, 1, 2],
            "rope_type": "default",
            "rope_theta": 1000000.0,
        },
        "vocab_size": WORDS,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    eyes = {
        "depth": 1,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_heads": 2,
        "out_hidden_size": 16,
    }
    config = Qwen2_5_VLConfig(text_config=text, vision_config=eyes)
    return QwenImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(**SHIFTED),
        vae=AutoencoderKLQwenImage(
            base_dim=4,
            z_dim=4,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            latents_mean=[0.1, -0.2, 0.3, 0.0],
            latents_std=[1.1, 0.9, 1.2, 1.0],
        ).eval(),
        text_encoder=Qwen2_5_VLForConditionalGeneration(config).eval(),
        tokenizer=tokenizer(1024),
        transformer=QwenImageTransformer2DModel(
            **HEADS,
            patch_size=2,
            in_channels=16,
            out_channels=4,
            num_layers=1,
            joint_attention_dim=16,
            axes_dims_rope=(2, 2, 4),
        ).eval(),
    )


@builds("z-image")
def z_image():
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(),
        text_encoder=language((Qwen3Config, Qwen3Model)),
        tokenizer=tokenizer(512),
        transformer=ZImageTransformer2DModel(
            in_channels=4,
            dim=16,
            n_layers=1,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=16,
            axes_dims=[4, 2, 2],
            axes_lens=[256, 32, 32],
        ).eval(),
    )


@builds("hidream")
def hidream():
    return HiDreamImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=autoencoder(4, shift_factor=0.1, scaling_factor=0.4),
        text_encoder=clip(projects=True, longest=248),
        tokenizer=tokenizer(248),
        text_encoder_2=clip(projects=True, longest=248),
        tokenizer_2=tokenizer(248),
        text_encoder_3=t5(),
        tokenizer_3=tokenizer(128),
        text_encoder_4=language((LlamaConfig, LlamaForCausalLM)),
        tokenizer_4=tokenizer(128),
        transformer=HiDreamImageTransformer2DModel(
            **LATENTS,
            out_channels=4,
            num_layers=1,
            num_single_layers=1,
            caption_channels=[16, 16],
            text_emb_dim=32,
            num_routed_experts=2,
            num_activated_experts=2,
            axes_dims_rope=(4, 2, 2),
            max_resolution=(8, 8),
            llama_layers=(0, 1),
            force_inference_output=True,
        ).eval(),
    )
