"""A prompt as the token ids a Qwen reward reads, ending at its reward token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from cohp.errors import BadInput
from cohp.reward.instruction import AFTER_PROMPT, BEFORE_PROMPT
from cohp.reward.settings import described, understood

REWARD_TOKEN = "<|Reward|>"  # noqa: S105 - a token of text


@dataclass(frozen=True)
class Wording:
    """What is said around the prompt: a system message, where there is one, and the task."""

    system: str | None
    instruction: str


class TextEncoder:
    """Writes the conversation up to the reward token; nothing after it can change the score.

    Only the template's own special tokens are special. The text around the prompt is encoded
    by a tokenizer that knows none of them, so `<|im_end|>` typed by a user is six letters and
    some punctuation, and never ends a turn, adds an image or moves the reward.
    """

    def __init__(self, folder: Path, wording: Wording) -> None:
        layout = described(folder, "tokenizer.json")
        self._wording = wording
        with understood(folder / "tokenizer.json"):
            self._special = {token["content"]: token["id"] for token in layout["added_tokens"]}
            self.size = len(layout["model"]["vocab"].keys() | self._special.keys())
            # The reference adds its token to the base tokenizer, so it takes the next free id.
            self.reward_id: int = self._special.get(REWARD_TOKEN, self.size)
            self._plain = Tokenizer.from_str(json.dumps(layout | {"added_tokens": []}))
            self._opening = self._open()

    @property
    def image_start(self) -> int:
        """The place of the first image token."""
        return len(self._opening)

    def ids(self, prompt: str, image_tokens: int) -> list[int]:
        """Encode the whole sequence for an image of so many tokens."""
        try:
            prompt.encode()
        except UnicodeEncodeError as error:
            raise BadInput(f"The prompt is not valid Unicode: {error}. Save it as UTF-8.") from None
        return [
            *self._opening,
            *[self._special["<|image_pad|>"]] * image_tokens,
            self._special["<|vision_end|>"],
            *self._text(self._wording.instruction + BEFORE_PROMPT + prompt + AFTER_PROMPT),
            self.reward_id,
        ]

    def _open(self) -> list[int]:
        start, vision = self._special["<|im_start|>"], self._special["<|vision_start|>"]
        user = [start, *self._text("user\n"), vision]
        if self._wording.system is None:
            return user
        system = self._text("system\n" + self._wording.system)
        return [start, *system, self._special["<|im_end|>"], *self._text("\n"), *user]

    def _text(self, text: str) -> list[int]:
        return self._plain.encode(text, add_special_tokens=False).ids
