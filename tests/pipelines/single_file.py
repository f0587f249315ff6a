"""Writes a tiny Stable Diffusion pipeline as one file, in the layout such files have."""

import re
from pathlib import Path

from safetensors.torch import save_file

UNET = {
    "time_embedding.linear_1.": "time_embed.0.",
    "time_embedding.linear_2.": "time_embed.2.",
    "conv_in.": "input_blocks.0.0.",
    "conv_norm_out.": "out.0.",
    "conv_out.": "out.2.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
}
RESNET = {
    "norm1.": "in_layers.0.",
    "conv1.": "in_layers.2.",
    "time_emb_proj.": "emb_layers.1.",
    "norm2.": "out_layers.0.",
    "conv2.": "out_layers.3.",
    "conv_shortcut.": "skip_connection.",
}
VAE = {
    "conv_norm_out.": "norm_out.",
    "conv_shortcut.": "nin_shortcut.",
    "mid_block.resnets.0.": "mid.block_1.",
    "mid_block.resnets.1.": "mid.block_2.",
    "mid_block.attentions.0.group_norm.": "mid.attn_1.norm.",
    "mid_block.attentions.0.to_q.": "mid.attn_1.q.",
    "mid_block.attentions.0.to_k.": "mid.attn_1.k.",
    "mid_block.attentions.0.to_v.": "mid.attn_1.v.",
    "mid_block.attentions.0.to_out.0.": "mid.attn_1.proj_out.",
}


def write(pipeline, file: Path, *, whole: bool = True) -> Path:
    """Write the pipeline, or its denoiser alone, to `file`."""
    tensors = {
        f"model.diffusion_model.{_unet_name(name, levels=2)}": tensor
        for name, tensor in pipeline.unet.state_dict().items()
    }
    if whole:
        for name, tensor in pipeline.vae.state_dict().items():
            renamed = _vae_name(name, levels=2)
            flat = ".attn_1." in renamed and tensor.ndim == 2
            tensors[f"first_stage_model.{renamed}"] = tensor[..., None, None] if flat else tensor
        for name, tensor in pipeline.text_encoder.state_dict().items():
            full = name if name.startswith("text_model.") else f"text_model.{name}"
            tensors[f"cond_stage_model.transformer.{full}"] = tensor
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, file)
    return file


def _unet_name(name: str, levels: int, layers: int = 1) -> str:
    for index in range(levels):
        down, up = f"down_blocks.{index}.", f"up_blocks.{index}."
        for layer in range(layers + 1):
            here = (layers + 1) * index + layer
            for kind, place in (("resnets", 0), ("attentions", 1)):
                name = name.replace(f"{down}{kind}.{layer}.", f"input_blocks.{here + 1}.{place}.")
                name = name.replace(f"{up}{kind}.{layer}.", f"output_blocks.{here}.{place}.")
        last = (layers + 1) * (index + 1)
        name = name.replace(f"{down}downsamplers.0.conv.", f"input_blocks.{last}.0.op.")
        # The first up block has attention, so its upsampler stands third.
        third = 2 if index == 0 else 1
        name = name.replace(f"{up}upsamplers.0.", f"output_blocks.{last - 1}.{third}.")
    for old, new in UNET.items():
        name = name.replace(old, new) if name.startswith(old) else name
    if re.match(r"(in|out)put_blocks\.\d+\.0\.|middle_block\.[02]\.", name):
        for old, new in RESNET.items():
            name = name.replace(f".{old}", f".{new}")
    return name


def _vae_name(name: str, levels: int) -> str:
    for index in range(levels):
        name = name.replace(f"down_blocks.{index}.resnets.", f"down.{index}.block.")
        name = name.replace(f"down_blocks.{index}.downsamplers.0.", f"down.{index}.downsample.")
        mirrored = levels - 1 - index
        name = name.replace(f"up_blocks.{index}.resnets.", f"up.{mirrored}.block.")
        name = name.replace(f"up_blocks.{index}.upsamplers.0.", f"up.{mirrored}.upsample.")
    for old, new in VAE.items():
        name = name.replace(old, new)
    return name
