"""The judge's tokenizer: a word of the world is one token, and HPSv3's instruction none."""

from __future__ import annotations

from typing import Any

from cohp.mini.vocabulary import counting, words
from cohp.reward.hpsv3 import HPSv3
from cohp.reward.instruction import AFTER_PROMPT, BEFORE_PROMPT
from cohp.reward.qwen_text import REWARD_TOKEN

UNKNOWN = "[UNK]"
SPECIAL = (
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    REWARD_TOKEN,
)
# What stands around every prompt says nothing to a model that was trained for one task alone,
# and 500 tokens of it would cost more than the picture.
UNSAID = (
    f"system\n{HPSv3.WORDING.system}",
    "user\n",
    HPSv3.WORDING.instruction + BEFORE_PROMPT,
    AFTER_PROMPT,
)


def layout() -> dict[str, Any]:
    """Return the content of tokenizer.json."""
    known = (UNKNOWN, *words(), *counting())
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": len(known) + place,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for place, token in enumerate(SPECIAL)
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                *[
                    {"type": "Replace", "pattern": {"String": text}, "content": ""}
                    for text in UNSAID
                ],
                {"type": "NFKC"},
                {"type": "Lowercase"},
            ],
        },
        # Words and numbers; what stands between them is left out.
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": r"\w+"},
            "behavior": "Removed",
            "invert": True,
        },
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: place for place, word in enumerate(known)},
            "unk_token": UNKNOWN,
        },
    }
