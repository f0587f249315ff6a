"""Images that clients send: decoded within bounds, and judged by a reward that stays loaded."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from cohp.errors import BadImage, QueueFull
from cohp.measure.items import Item, Judged
from cohp.measure.panel import default_reward
from cohp.measure.scorer import Scorer

Answer = TypeVar("Answer")
DATA_URL = re.compile(r"data:image/[\w.+-]{1,20};base64,")
# Requests that may wait for the reward.
ROOM = 32


def content(text: str, name: str) -> bytes:
    """Return the bytes of an image that was sent as base64."""
    if text[:10].lower().startswith(("http:", "https:", "ftp:", "file:")):
        raise BadImage(f"{name} is an address, and addresses are never fetched. Send base64.")
    head = DATA_URL.match(text)
    try:
        return base64.b64decode(text[head.end() if head else 0 :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadImage(f"{name} is no base64.") from error


class Judging:
    """Judges in a thread of its own, one request after the other."""

    def __init__(self, reward: str | None) -> None:
        self._default = reward
        self._thread = ThreadPoolExecutor(1, "judging")
        self._scorer: tuple[str, Scorer] | None = None
        self._waiting = 0

    async def ask(self, reward: str | None, work: Callable[[Scorer], Answer]) -> Answer:
        """Do `work` with the scorer of a reward; raises `QueueFull` where too many wait."""
        if self._waiting >= ROOM:
            raise QueueFull(self._waiting, 1)
        name = reward or self._default or default_reward()
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, lambda: work(self._loaded(name)))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let the reward go, once what is being judged is."""
        self._thread.shutdown()
        if self._scorer:
            self._scorer[1].close()

    def _loaded(self, name: str) -> Scorer:
        if self._scorer and self._scorer[0] == name:
            return self._scorer[1]
        if self._scorer:
            self._scorer[1].close()
            self._scorer = None
        self._scorer = (name, Scorer(name))
        return self._scorer[1]


def judged(scorer: Scorer, prompt: str, images: Sequence[str]) -> list[Judged]:
    """Score images; one that cannot be read says so and costs no other."""
    return list(scorer.judged(_item(*each, prompt) for each in enumerate(images)))


def _item(number: int, text: str, prompt: str) -> Item:
    name = f"image {number}"
    try:
        return Item(content(text, name), name, prompt)
    except BadImage as error:
        return Item(b"", name, prompt, error=str(error))
