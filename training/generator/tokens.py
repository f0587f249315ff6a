"""Tiny tokenizers: each word of the world is one token, any other text falls to letters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

LENGTH = 20
"""Tokens of a prompt, begin and end marks included; the rest is cut off."""

UNKNOWN, PAD = "<unk>", "<pad>"
BEGIN, END = "<|startoftext|>", "<|endoftext|>"


def clip_tokenizer(words: Iterable[str]) -> CLIPTokenizer:
    """Return a CLIP tokenizer whose byte pairs were learned from the given words alone."""
    known = sorted(set(words))
    core = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=10_000, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False
    )
    core.train_from_iterator(known, trainer)
    merges = [tuple(pair) for pair in json.loads(core.to_str())["model"]["merges"]]
    tokens = [*alphabet, *(letter + "</w>" for letter in alphabet), *("".join(m) for m in merges)]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys([*tokens, BEGIN, END]))}
    with TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "vocab.json").write_text(json.dumps(vocabulary))
        lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
        (home / "merges.txt").write_text("\n".join(lines))
        return CLIPTokenizer.from_pretrained(home, model_max_length=LENGTH)


def padded(tokenizer: CLIPTokenizer, captions: list[str]) -> Tensor:
    """Return captions as rows of ids, cut or filled to one length."""
    ids: Tensor = tokenizer(
        captions, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
    ).input_ids
    return ids


def blank_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with nothing to say, for the third, silent text encoder."""
    core = Tokenizer(models.WordLevel({UNKNOWN: 0, PAD: 1}, unk_token=UNKNOWN))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=core, unk_token=UNKNOWN, pad_token=PAD, model_max_length=256
    )
