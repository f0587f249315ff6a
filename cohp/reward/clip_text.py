"""Prompts as the token ids a CLIP-like reward reads."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ftfy
import torch
from torch import Tensor

from cohp.errors import MissingWeights
from cohp.reward.settings import understood


class Words:
    """A tokenizer that reads special tokens typed in a prompt as ordinary text."""

    def __init__(self, folder: Path, kind: type[Any], files: Sequence[str], longest: int) -> None:
        missing = [name for name in files if not (folder / name).is_file()]
        if missing and not (folder / "tokenizer.json").is_file():
            raise MissingWeights(
                f"{folder} lacks {' and '.join(missing)}, the reward's tokenizer: put it there, or "
                "name the folder that has it with tokenizer=."
            )
        with understood(folder):
            self._tokenizer = kind.from_pretrained(str(folder), local_files_only=True)
        self._longest = longest

    def __call__(self, prompts: Sequence[str], *, full: bool = False) -> tuple[Tensor, Tensor]:
        """Return ids and mask, cut at the longest the model reads and padded to one length."""
        made = self._tokenizer(
            list(prompts),
            padding="max_length" if full else True,
            truncation=True,
            max_length=self._longest,
            # Otherwise `<|endoftext|>` in a prompt would hide all that follows it.
            split_special_tokens=True,
        )
        return torch.tensor(made["input_ids"]), torch.tensor(made["attention_mask"])


def tidied(prompt: str) -> str:
    """Mend a prompt as OpenAI's and open_clip's tokenizers do before they split it."""
    mended = html.unescape(html.unescape(ftfy.fix_text(prompt)))
    return re.sub(r"\s+", " ", mended).strip().lower()
