"""What a reward reads its score from: a vector for each image, for those who cluster or train."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from cohp.errors import BadInput
from cohp.executors.base import Stop
from cohp.measure.gathering import Gathering
from cohp.measure.items import Item
from cohp.measure.opening import Done, Opened, nothing_done
from cohp.measure.panel import Panel
from cohp.reward.asking import in_halves


@dataclass(frozen=True, eq=False)
class Embedded:
    """An image, its prompt and its features, or why it has none.

    `text` are the prompt's own features, where the reward sees image and prompt apart.
    """

    item: Item
    prompt: str
    features: np.ndarray | None = None
    text: np.ndarray | None = None
    error: str | None = None


def embedder(panel: Panel) -> tuple[str, Any]:
    """Return the panel's one reward with its key, or refuse it by name without features."""
    if len(panel.rewards) > 1:
        raise BadInput("Features are of one reward. Name one with --reward.")
    ((key, reward),) = panel.rewards.items()
    (name,) = panel.judges
    if not hasattr(reward, "embed"):
        raise BadInput(
            f"{name} has no features to give. Name a reward that has some, such as hpsv3, clip or "
            "imagereward."
        )
    return key, reward


def embed(
    items: Iterable[Item], panel: Panel, done: Done = nothing_done, stop: Stop | None = None
) -> Generator[Embedded, None, None]:
    """Go through the features of the items by the panel's one reward, in order.

    Of one that is `done` nothing is said again.
    """
    name, reward = embedder(panel)
    gathering = Gathering(items, panel, done=done)
    with closing(gathering.batches(stop)) as batches:
        for batch in batches:
            with gathering.timed():
                found = iter(_features(reward, name, [each for each in batch if each.ready]))
            for each in batch:
                if each.ready:
                    yield next(found)
                else:
                    reason = None if each.done else each.error or str(each.said[name])
                    yield Embedded(each.item, each.prompt, error=reason)


def _features(reward: Any, name: str, batch: Sequence[Opened]) -> list[Embedded]:  # noqa: ANN401 - likewise
    prompts = [each.prompt for each in batch]
    images = [each.ready[name] for each in batch]
    said = in_halves(reward.embed, prompts=prompts, images=images, refused=BadInput)
    texts: Sequence[Any] = [None] * len(batch)
    if batch and hasattr(reward, "embed_text"):
        texts = reward.embed_text(prompts=prompts)
    return [
        Embedded(each.item, each.prompt, error=row)
        if isinstance(row, str)
        else Embedded(each.item, each.prompt, _array(row), None if text is None else _array(text))
        for each, row, text in zip(batch, said, texts, strict=True)
    ]


def _array(row: Any) -> np.ndarray:  # noqa: ANN401 - a tensor
    return np.asarray(row, dtype=np.float32)
