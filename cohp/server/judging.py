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
# Requests that may wait for a lane.
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


class Lane:
    """Threads that requests wait for; raises `QueueFull` where too many wait already."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._waiting = 0

    async def do(self, work: Callable[[], Answer]) -> Answer:
        """Do `work` in one of the threads."""
        if self._waiting >= ROOM:
            raise QueueFull(self._waiting, 1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Finish what was taken on."""
        self._threads.shutdown()


class Judging:
    """Judges in a thread of its own, one request after the other."""

    def __init__(self, reward: str | None) -> None:
        self._default = reward
        self._lane = Lane(1, "judging")
        self._scorer: tuple[str, Scorer] | None = None

    async def ask(self, reward: str | None, work: Callable[[Scorer], Answer]) -> Answer:
        """Do `work` with the scorer of a reward."""
        name = reward or self._default or default_reward()
        return await self._lane.do(lambda: work(self._loaded(name)))

    def close(self) -> None:
        """Let the reward go, once what is being judged is."""
        self._lane.close()
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
