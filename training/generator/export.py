"""Writes a checkpoint as an ordinary diffusers folder: `python -m training.generator.export`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL

from training.generator import checkpoint
from training.generator.kinds import pipeline


def export(source: Path, autoencoder: Path, folder: Path) -> int:
    """Write the averaged weights in half precision; give the folder's size in bytes."""
    generator = checkpoint.build(checkpoint.load(source))
    pipe = pipeline(generator, AutoencoderKL.from_pretrained(autoencoder))
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            part.half()
    pipe.save_pretrained(folder, safe_serialization=True)
    for config in folder.glob("*/config.json"):
        _tidy(config)
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _tidy(config: Path) -> None:
    """Forget where a part came from, and have text encoders compute in single precision.

    transformers computes in what is stored; diffusers in single precision whatever is stored.
    """
    content = json.loads(config.read_text())
    content.pop("_name_or_path", None)
    if "dtype" in content:
        content["dtype"] = "float32"
    config.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def main() -> None:
    """Export and say how large it became."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="a generator's checkpoint")
    parser.add_argument("autoencoder", type=Path, help="the folder of its autoencoder")
    parser.add_argument("folder", type=Path)
    told = parser.parse_args()
    torch.set_num_threads(1)
    size = export(told.source, told.autoencoder, told.folder)
    print(f"{told.folder}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
