"""Judging for servers: requests are awaited, and those that wait are judged together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Self

from cohp.measure.comparing import Comparison, compare
from cohp.measure.given import Prompts, items
from cohp.measure.items import Item, Judged
from cohp.measure.preference import Preference
from cohp.measure.ranking import Ranked, best
from cohp.measure.scorer import Rewards, Scorer

if TYPE_CHECKING:
    from cohp.measure.given import Given, Images


@dataclass
class _Request:
    images: Images
    prompt: Prompts
    answer: Future[list[Judged]] = field(default_factory=Future)
    items: list[Item] = field(default_factory=list)


class AsyncScorer:
    """A `Scorer` in a thread of its own; use it in an `async with` block.

    One device judges one batch at a time: the event loop never waits for it, and requests that
    come in while it works are judged together.
    """

    def __init__(self, reward: Rewards = None, *, cache: bool = True) -> None:
        """Begin to load the reward; see `Scorer`."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cohp-scorer")
        self._scorer = self._thread.submit(partial(Scorer, reward, cache=cache))
        self._waiting: deque[_Request] = deque()

    async def score(self, images: Images, *, prompt: Prompts = None) -> list[Judged]:
        """Score images: each has a score, or says why not."""
        request = _Request(images, prompt)
        self._waiting.append(request)
        self._thread.submit(self._work)
        return await asyncio.wrap_future(request.answer)

    async def rerank(self, images: Images, *, prompt: Prompts = None, **how: Any) -> list[Ranked]:  # noqa: ANN401 - those of `Scorer.rerank`
        """Return the images that have a score, the best first."""
        return best(await self.score(images, prompt=prompt), self._scorer.result().judge, **how)

    async def compare(
        self, a: Given, b: Given, *, prompt: str | None = None, preference: Preference | None = None
    ) -> Comparison:
        """Tell how likely `a` is preferred to `b`; raises `BadImage` where one has no score."""
        first, second = await self.score([a, b], prompt=prompt)
        return compare(first, second, self._scorer.result().judge, preference)

    async def close(self) -> None:
        """Let the reward go, once what was asked for is answered."""
        try:
            scorer = await asyncio.wrap_future(self._scorer)
            await asyncio.wrap_future(self._thread.submit(scorer.close))
        finally:
            self._thread.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        """Return itself once the reward is loaded."""
        try:
            await asyncio.wrap_future(self._scorer)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let the reward go."""
        await self.close()

    def _work(self) -> None:
        """Answer everything that waits; an earlier call may have done so already."""
        requests = [each for each in self._taken() if _prepared(each)]
        try:
            asked = chain.from_iterable(each.items for each in requests)
            judged = self._scorer.result().judged(asked)
            for each in requests:
                each.answer.set_result(list(islice(judged, len(each.items))))
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            for each in requests:
                if not each.answer.done():
                    each.answer.set_exception(error)

    def _taken(self) -> Iterator[_Request]:
        while self._waiting:
            request = self._waiting.popleft()
            if request.answer.set_running_or_notify_cancel():
                yield request


def _prepared(request: _Request) -> bool:
    """Find a request's images, or answer it with what is wrong with them."""
    try:
        request.items = list(items(request.images, request.prompt))
    except Exception as error:  # noqa: BLE001 - whoever waits is told
        request.answer.set_exception(error)
        return False
    return True
