"""Begins a judge from one that knew fewer words: what it learnt stays, new words are added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from cohp.mini.vocabulary import SUBJECTS, plural
from training.reward.net import Judge
from training.reward.wording import layout

EMBEDDINGS = "language_model.embed_tokens.weight"


@torch.no_grad()
def grow(judge: Judge, folder: Path) -> None:
    """Load a judge's folder; a plural begins as what one of it is called, other new words anew."""
    known = load_file(folder / "model.safetensors")
    old = _places(json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")))
    several = {plural(noun): noun for nouns in SUBJECTS.values() for noun in nouns}
    rows: Tensor = judge.state_dict()[EMBEDDINGS].clone()
    for word, place in _places(layout()).items():
        like = word if word in old else several.get(word, word)
        if like in old:
            rows[place] = known[EMBEDDINGS][old[like]].to(rows)
    weights = {name: tensor.float() for name, tensor in known.items()}
    judge.load_state_dict(weights | {EMBEDDINGS: rows})


def _places(tokenizer: dict[str, Any]) -> dict[str, int]:
    """Return each token's place."""
    added = {each["content"]: each["id"] for each in tokenizer["added_tokens"]}
    return {**tokenizer["model"]["vocab"], **added}
