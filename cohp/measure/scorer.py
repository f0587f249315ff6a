"""The library's calls about images that exist: score, rerank and compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from cohp.errors import BadInput
from cohp.measure import comparing
from cohp.measure.comparing import Comparison
from cohp.measure.features import Embedded, embed
from cohp.measure.given import Prompts, items
from cohp.measure.items import Item, Judged
from cohp.measure.judging import judge
from cohp.measure.panel import Judge, Panel, default_reward
from cohp.measure.preference import Preference
from cohp.measure.ranking import Ranked, best
from cohp.measure.score_cache import ScoreCache
from cohp.reward.base import Reward

if TYPE_CHECKING:
    from cohp.measure.given import Given, Images

Rewards = str | Reward | Sequence[str] | None


class Scorer:
    """Judges images by a reward that stays loaded; close it, or use it in a `with` block.

    `reward` is written as after --reward; it may be several, or a reward object, and without one
    it is that of `cohp.generate`. Images are paths, folders, patterns, Pillow images or tensors.
    `prompt` is one for all, a list with one for each, or None where they carry their own.
    """

    def __init__(self, reward: Rewards = None, *, cache: bool = True) -> None:
        """Load the reward; without `cache` every score is computed anew and none is kept."""
        self._panel = _panel(reward)
        self._cache = ScoreCache() if cache else None

    def stream(self, images: Images, *, prompt: Prompts = None) -> Iterator[Judged]:
        """Score images one after the other, however many: each has a score, or says why not."""
        return self.judged(items(images, prompt))

    def score(self, images: Images, *, prompt: Prompts = None) -> list[Judged]:
        """Score images: each has a score, or says why not."""
        return list(self.stream(images, prompt=prompt))

    def rerank(self, images: Images, *, prompt: Prompts = None, **how: Any) -> list[Ranked]:  # noqa: ANN401 - those of `ranking.best`
        """Return the images that have a score, the best first.

        `top` keeps so many; several rewards add up by `combine`, zscore or ranks; `preference`
        gives the probability that one score is preferred to another.
        """
        return best(self.stream(images, prompt=prompt), self.judge, **how)

    def compare(
        self, a: Given, b: Given, *, prompt: str | None = None, preference: Preference | None = None
    ) -> Comparison:
        """Tell how likely `a` is preferred to `b`; raises `BadImage` where one has no score."""
        first, second = self.stream([a, b], prompt=prompt)
        return comparing.compare(first, second, self.judge, preference)

    def embed(self, images: Images, *, prompt: Prompts = None) -> list[Embedded]:
        """Return the features the reward reads scores from; a bad image says why it has none."""
        return list(embed(items(images, prompt), self._panel))

    def judged(self, asked: Iterable[Item]) -> Iterator[Judged]:
        """Judge items that are made already."""
        return judge(asked, self._panel, self._cache)

    @property
    def judge(self) -> Judge:
        """The one judge; several are joined by a plus."""
        if len(self._panel.judges) > 1:
            names = "+".join(self._panel.judges)
            raise BadInput(f"Several rewards judge, each by itself. Join them as one: {names}.")
        return next(iter(self._panel.judges.values()))

    def close(self) -> None:
        """Let the reward and the cache go."""
        self._panel.close()
        if self._cache is not None:
            self._cache.close()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the reward and the cache go."""
        self.close()


def score(
    images: Images, *, prompt: Prompts = None, reward: Rewards = None, cache: bool = True
) -> list[Judged]:
    """Score images once, and let the reward go again; see `Scorer`."""
    with Scorer(reward, cache=cache) as scorer:
        return scorer.score(images, prompt=prompt)


def rerank(
    images: Images,
    *,
    prompt: Prompts = None,
    reward: Rewards = None,
    cache: bool = True,
    **how: Any,  # noqa: ANN401 - those of `Scorer.rerank`
) -> list[Ranked]:
    """Return the images that have a score, the best first; see `Scorer.rerank`."""
    with Scorer(reward, cache=cache) as scorer:
        return scorer.rerank(images, prompt=prompt, **how)


def compare(  # noqa: PLR0913 - keywords, each an option of its own
    a: Given,
    b: Given,
    *,
    prompt: str | None = None,
    reward: Rewards = None,
    cache: bool = True,
    preference: Preference | None = None,
) -> Comparison:
    """Tell how likely `a` is preferred to `b`; see `Scorer.compare`."""
    with Scorer(reward, cache=cache) as scorer:
        return scorer.compare(a, b, prompt=prompt, preference=preference)


def _panel(reward: Rewards) -> Panel:
    if reward is None:
        return Panel.load([default_reward()])
    if isinstance(reward, str):
        return Panel.load([reward])
    if isinstance(reward, Sequence):
        return Panel.load(reward)
    return Panel.of(**{type(reward).__name__.lower(): reward})
