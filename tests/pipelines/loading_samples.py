"""Tiny pipelines with random weights, saved as people's checkpoints are."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

from cohp.catalogue import Model
from cohp.naming import resolve
from cohp.pipelines.loading import load_pipeline

UNET = {
    "block_out_channels": (32, 64),
    "layers_per_block": 1,
    "sample_size": 32,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def tokenizer(folder: Path) -> CLIPTokenizer:
    folder.mkdir(parents=True, exist_ok=True)
    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77
    )


def text_config(**more) -> CLIPTextConfig:
    return CLIPTextConfig(
        hidden_size=32,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        vocab_size=54,
        bos_token_id=52,
        eos_token_id=53,
        pad_token_id=53,
        **more,
    )


def autoencoder() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=[32, 64],
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4,
        sample_size=64,
    )


def sd(folder: Path) -> StableDiffusionPipeline:
    torch.manual_seed(0)
    unet = UNet2DConditionModel(**UNET, cross_attention_dim=32, attention_head_dim=4)
    return StableDiffusionPipeline(
        vae=autoencoder(),
        text_encoder=CLIPTextModel(text_config()),
        tokenizer=tokenizer(folder),
        unet=unet,
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl(folder: Path) -> StableDiffusionXLPipeline:
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        **UNET,
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=80,
        cross_attention_dim=64,
    )
    return StableDiffusionXLPipeline(
        vae=autoencoder(),
        text_encoder=CLIPTextModel(text_config(projection_dim=32)),
        text_encoder_2=CLIPTextModelWithProjection(text_config(projection_dim=32)),
        tokenizer=tokenizer(folder),
        tokenizer_2=tokenizer(folder),
        unet=unet,
        scheduler=EulerDiscreteScheduler(steps_offset=1),
    )


def drawn(pipeline, **more):
    """Return a small picture as an array: equal weights draw equal ones."""
    generator = torch.Generator().manual_seed(0)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline(
        "a fox",
        num_inference_steps=2,
        width=64,
        height=64,
        generator=generator,
        output_type="np",
        **more,
    ).images


def save_lora(pipeline, folder: Path, seed: int = 0, scale: float = 0.5) -> Path:
    """Train nothing, but save a LoRA over the attention of the pipeline's denoiser."""
    from peft import LoraConfig  # noqa: PLC0415 - an extra
    from peft.utils import get_peft_model_state_dict  # noqa: PLC0415

    torch.manual_seed(seed)
    targets = ["to_k", "to_q", "to_v"]
    part = "unet" if hasattr(pipeline, "unet") else "transformer"
    denoiser = getattr(pipeline, part)
    denoiser.add_adapter(
        LoraConfig(r=2, lora_alpha=2, target_modules=targets, init_lora_weights=False)
    )
    weights = {name: tensor * scale for name, tensor in get_peft_model_state_dict(denoiser).items()}
    type(pipeline).save_lora_weights(str(folder), **{f"{part}_lora_layers": weights})
    denoiser.delete_adapters("default")
    return folder / "pytorch_lora_weights.safetensors"


def picture_of(spec):
    """Load a model, or what is named, and draw with it."""
    return drawn(load_pipeline(spec if isinstance(spec, Model) else resolve(str(spec))))


def in_the_cache(folder: Path, hub: Path, repo: str, commit: str) -> Path:
    """Copy a pipeline to where the hub's cache would have it."""
    kept = hub / f"models--{repo.replace('/', '--')}"
    shutil.copytree(folder, kept / "snapshots" / commit)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit)
    return kept / "snapshots" / commit
