"""PixArt, HunyuanDiT, CogView4, Sana, Lumina 2 and AuraFlow."""

from __future__ import annotations

import torch
from diffusers import (
    AuraFlowPipeline,
    AuraFlowTransformer2DModel,
    AutoencoderDC,
    CogView4Pipeline,
    CogView4Transformer2DModel,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    HunyuanDiT2DModel,
    HunyuanDiTPipeline,
    Lumina2Pipeline,
    Lumina2Transformer2DModel,
    PixArtSigmaPipeline,
    PixArtTransformer2DModel,
    SanaPipeline,
    SanaTransformer2DModel,
)
from transformers import (
    BertConfig,
    BertModel,
    Gemma2Config,
    Gemma2Model,
    GlmConfig,
    GlmModel,
    UMT5Config,
    UMT5EncoderModel,
)

from tiny import builds
from tiny.flux import vae
from tiny.parts import SQUARE, WORDS, autoencoder, language, t5, tokenizer


@builds("pixart")
def pixart():
    return PixArtSigmaPipeline(
        tokenizer=tokenizer(300),
        text_encoder=t5(),
        vae=autoencoder(),
        transformer=PixArtTransformer2DModel(
            **SQUARE,
            num_layers=1,
            caption_channels=16,
            out_channels=8,
            cross_attention_dim=16,
            norm_num_groups=2,
        ).eval(),
        scheduler=DPMSolverMultistepScheduler(beta_schedule="linear", beta_start=0.0001),
    )


@builds("hunyuan-dit")
def hunyuan_dit():
    bert = BertConfig(
        vocab_size=WORDS,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    pipe = HunyuanDiTPipeline(
        vae=autoencoder(),
        text_encoder=BertModel(bert).eval(),
        tokenizer=tokenizer(),
        transformer=HunyuanDiT2DModel(
            **SQUARE,
            num_layers=2,
            cross_attention_dim=16,
            cross_attention_dim_t5=16,
            pooled_projection_dim=8,
            hidden_size=16,
            activation_fn="gelu-approximate",
        ).eval(),
        scheduler=DDPMScheduler(
            beta_schedule="scaled_linear",
            beta_start=0.00085,
            beta_end=0.018,
            prediction_type="v_prediction",
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
        text_encoder_2=t5(),
        tokenizer_2=tokenizer(256),
    )
    # As random as the rest: it is made of ones, which no test could tell from a constant.
    torch.nn.init.normal_(pipe.transformer.text_embedding_padding)
    return pipe


@builds("cogview4")
def cogview4():
    return CogView4Pipeline(
        tokenizer=tokenizer(1024),
        text_encoder=language((GlmConfig, GlmModel)),
        vae=autoencoder(),
        transformer=CogView4Transformer2DModel(
            **SQUARE,
            out_channels=4,
            num_layers=1,
            text_embed_dim=16,
            time_embed_dim=8,
            condition_dim=4,
            rope_axes_dim=(8, 8),
        ).eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(
            base_shift=0.25, max_shift=0.75, use_dynamic_shifting=True, time_shift_type="linear"
        ),
    )


@builds("sana")
def sana():
    small = (4, 4, 4, 4, 4, 4)
    return SanaPipeline(
        tokenizer=tokenizer(300),
        text_encoder=language((Gemma2Config, Gemma2Model)),
        vae=AutoencoderDC(
            latent_channels=4,
            attention_head_dim=2,
            encoder_block_types=("ResBlock",) * 6,
            decoder_block_types=("ResBlock",) * 6,
            encoder_block_out_channels=small,
            decoder_block_out_channels=small,
            encoder_layers_per_block=(1,) * 6,
            decoder_layers_per_block=(1,) * 6,
            encoder_qkv_multiscales=((),) * 6,
            decoder_qkv_multiscales=((),) * 6,
            scaling_factor=0.4,
        ).eval(),
        transformer=SanaTransformer2DModel(
            patch_size=1,
            in_channels=4,
            out_channels=4,
            num_layers=1,
            num_attention_heads=2,
            attention_head_dim=4,
            num_cross_attention_heads=2,
            cross_attention_head_dim=4,
            cross_attention_dim=8,
            caption_channels=16,
            sample_size=8,
        ).eval(),
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    )


@builds("lumina2")
def lumina2():
    return Lumina2Pipeline(
        transformer=Lumina2Transformer2DModel(
            sample_size=8,
            patch_size=2,
            in_channels=4,
            hidden_size=16,
            num_layers=1,
            num_refiner_layers=1,
            num_attention_heads=2,
            num_kv_heads=1,
            multiple_of=8,
            axes_dim_rope=(4, 2, 2),
            axes_lens=(300, 32, 32),
            cap_feat_dim=16,
        ).eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=6.0),
        vae=vae(),
        text_encoder=language((Gemma2Config, Gemma2Model)),
        tokenizer=tokenizer(256),
    )


@builds("aura-flow")
def aura_flow():
    words = UMT5Config(vocab_size=WORDS, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    return AuraFlowPipeline(
        tokenizer=tokenizer(256),
        text_encoder=UMT5EncoderModel(words).eval(),
        vae=autoencoder(),
        transformer=AuraFlowTransformer2DModel(
            **SQUARE,
            num_mmdit_layers=1,
            num_single_dit_layers=1,
            joint_attention_dim=16,
            caption_projection_dim=16,
            pos_embed_max_size=64,
        ).eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.73),
    )
