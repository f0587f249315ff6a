"""How to draw with a model that has no entry: like the entry whose class or tensors it shares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cohp.catalogue import Model, catalogue

# The entry whose settings a model of that class takes where nothing better is known.
ENTRIES = {
    "AuraFlowPipeline": "auraflow",
    "ChromaPipeline": "chroma",
    "CogView4Pipeline": "cogview4",
    "Flux2KleinPipeline": "flux2-klein",
    "Flux2Pipeline": "flux2-dev",
    "FluxPipeline": "flux-dev",
    "HiDreamImagePipeline": "hidream",
    "HunyuanDiTPipeline": "hunyuandit",
    "KolorsPipeline": "kolors",
    "Lumina2Pipeline": "lumina2",
    "Lumina2Text2ImgPipeline": "lumina2",
    "PixArtSigmaPipeline": "pixart-sigma",
    "QwenImagePipeline": "qwen-image",
    "SanaPipeline": "sana",
    "StableDiffusion3Pipeline": "sd35-medium",
    "StableDiffusionPipeline": "sd15",
    "StableDiffusionXLPipeline": "sdxl",
    "ZImagePipeline": "z-image",
}
# What a tensor of a single file starts with, what none of them starts with, and the entry that
# is configured alike; the first that fits. Files that two entries fit are left to a person.
SIGNS = (
    ("edm_mean", None, "playground-v2.5"),
    ("conditioner.embedders.1.", None, "sdxl"),
    ("cond_stage_model.model.", None, "sd21"),
    ("cond_stage_model.", None, "sd15"),
    ("distilled_guidance_layer.", None, "chroma"),
    ("single_stream_modulation.", None, None),  # FLUX.2, of which there are several
    ("double_blocks.0.img_attn.norm.", "guidance_in.", "flux-schnell"),
    ("double_blocks.0.img_attn.norm.", None, "flux-dev"),
    ("joint_blocks.37.", None, "sd35-large"),
    ("joint_blocks.0.x_block.attn2.", None, "sd35-medium"),
    ("joint_blocks.", None, "sd3-medium"),
)
PREFIX = "model.diffusion_model."
# Families whose denoiser names the size it was trained at, in latents.
SIZED = {"sd", "sdxl", "kolors", "sd3", "pixart", "sana"}
SMALLEST, LARGEST = 64, 4096
TAKEN = ("family", "dtype", "steps", "guidance", "width", "height", "size_multiple", "negative")


def like(model: Model, index: Mapping[str, Any], folder: Path) -> Model:
    """Return the model with the settings that suit a pipeline of its class and its size."""
    name = str(index["_class_name"])
    entry = catalogue().get(ENTRIES.get(name, ""))
    if entry is None:
        return model.model_copy(update={"family": name.removesuffix("Pipeline").lower()})
    update = {field: getattr(entry, field) for field in TAKEN}
    side = _trained_side(folder) if entry.family in SIZED else None
    if side:
        update |= {"width": side, "height": side}
    return model.model_copy(update=update)


def sign(names: frozenset[str]) -> str | None:
    """Return the entry that a single file is like, by the names of its tensors."""
    bare = {name.removeprefix(PREFIX) for name in names}

    def has(start: str) -> bool:
        return any(name.startswith(start) for name in bare)

    fitting = (
        entry for start, without, entry in SIGNS if has(start) and not (without and has(without))
    )
    return next(fitting, None)


def _trained_side(folder: Path) -> int | None:
    """Work out the side a denoiser was trained at, from its configuration."""
    denoiser = _config(folder / "unet") or _config(folder / "transformer")
    autoencoder = _config(folder / "vae")
    side = denoiser.get("sample_size")
    levels = autoencoder.get("block_out_channels") or autoencoder.get(
        "encoder_block_out_channels", ()
    )
    if not isinstance(side, int) or not levels:
        return None
    pixels = side << (len(levels) - 1)
    return min(LARGEST, max(SMALLEST, pixels // 8 * 8))


def _config(part: Path) -> Mapping[str, Any]:
    try:
        config = json.loads((part / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}
