"""Files that look like models by their names and shapes, with nothing in them."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file


def folder(path: Path, kind="StableDiffusionPipeline", side=64) -> Path:
    for part in ("unet", "vae"):
        (path / part).mkdir(parents=True)
    (path / "model_index.json").write_text(json.dumps({"_class_name": kind}))
    (path / "unet" / "config.json").write_text(json.dumps({"sample_size": side}))
    (path / "vae" / "config.json").write_text(json.dumps({"block_out_channels": [1, 2, 3, 4]}))
    return path


def tensors(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.zeros(1, np.float32) for name in names or ("x",)}, path)
    return path


def lora(path: Path) -> Path:
    return tensors(path, "unet.down.lora_A.weight", "unet.down.lora_B.weight")


def in_the_cache(hub: Path, repo: str, commit: str, kind: str) -> Path:
    kept = hub / f"models--{repo.replace('/', '--')}"
    (kept / "refs").mkdir(parents=True, exist_ok=True)
    (kept / "refs" / "main").write_text(commit)
    return folder(kept / "snapshots" / commit, kind)
