"""Turns lessons into one batch: pictures, rows to judge, tastes, pairs with their votes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cohp.mini.vocabulary import COLOURS, COUNTS, PLACES, SUBJECTS, TIMES, plural
from cohp.reward.qwen_text import TextEncoder
from training.reward.lessons import Lesson, Prompt
from training.reward.net import IMAGE_TOKENS
from training.reward.taste import FAULTS, disagreement, harm, taste, votes
from training.reward.truth import VALUES, Seen
from training.reward.wording import layout

FOREIGN = 2  # pictures of other prompts that each prompt is tried on
ACROSS = 2  # pairs across prompts, for each row
ANNOTATORS = 5
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "subject": {name: (*nouns, *map(plural, nouns)) for name, nouns in SUBJECTS.items()},
    "colour": COLOURS,
    "place": PLACES,
    "time": TIMES,
    "count": {name: (name,) for name in COUNTS},
}
SMALL = frozenset(["a", "an", "the", "in", "on", "at", "by", "near", "under", "among", "field"])


@dataclass(frozen=True)
class Batch:
    """`pictures` are bytes (n, 3, 64, 64); row i judges picture `which[i]` by `ids[i]`.

    `pairs` are rows, `share` the votes for the first, `weight` what a pair counts for;
    `variance` is how far ratings of a row lie apart.
    `beliefs` and `faults` (0 to 1) say what each picture truly shows, `where` the same for each
    image token: what is broken and what is grainy. `words` are places (row, token) of
    words that name an attribute, `fits` how far each fits the row's picture.
    """

    pictures: Tensor
    which: Tensor
    ids: list[list[int]]
    pairs: Tensor
    share: Tensor
    weight: Tensor
    variance: Tensor
    beliefs: list[Tensor]
    faults: Tensor
    where: Tensor
    words: Tensor
    fits: Tensor

    def to(self, device: str) -> Batch:
        """Return the batch with its tensors on a device."""
        held = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **held, beliefs=[each.to(device) for each in self.beliefs])


def batch(
    lessons: list[Lesson], encoder: TextEncoder, across: float, rng: np.random.Generator
) -> Batch:
    """Judge every lesson's pictures by its prompt, some by prompts that nearly fit or do not.

    Pairs of one prompt count 1, as HPSv3 has them. Pairs across prompts count `across`: they
    keep scores of different prompts comparable, and the same picture under two prompts shows
    what words mean.
    """
    seen: list[Seen] = []
    rows: list[tuple[int, Prompt]] = []
    pairs: list[tuple[int, int]] = []
    twice: list[tuple[int, int]] = []
    total = sum(len(lesson.seen) for lesson in lessons)
    for lesson in lessons:
        first, base = len(seen), len(rows)
        own = range(first, first + len(lesson.seen))
        seen += lesson.seen
        foreign = [i for i in rng.integers(total, size=FOREIGN).tolist() if i not in own]
        rows += [(i, lesson.prompt) for i in (*own, *foreign)]
        pairs += combinations(range(base, len(rows)), 2)
        for prompt in lesson.near:
            place = int(rng.integers(len(own)))
            twice.append((base + place, len(rows)))
            rows.append((first + place, prompt))
    more = rng.integers(len(rows), size=(ACROSS * len(rows), 2))
    every = np.array([*pairs, *twice, *more[more[:, 0] != more[:, 1]].tolist()])
    tastes = [taste(seen[i], p.said, unsure=p.unsure) for i, p in rows]
    liked = np.array([(t.mean, t.deviation) for t in tastes])
    share = votes(liked, every, ANNOTATORS, rng)
    weight = np.full(len(every), across)
    weight[: len(pairs)] = 1
    ids = [encoder.ids(prompt.text, IMAGE_TOKENS) for _, prompt in rows]
    words = [
        (row, place, seen[i].belief[name][value])
        for row, (i, prompt) in enumerate(rows)
        for place, token in enumerate(ids[row])
        for name, value in _naming().get(token, ())
        if prompt.said.get(name) == value
    ]
    pictures = np.concatenate([lesson.pictures for lesson in lessons])
    return Batch(
        torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(),
        torch.tensor([i for i, _ in rows]),
        ids,
        torch.from_numpy(every),
        torch.from_numpy(share).float(),
        torch.from_numpy(weight).float(),
        torch.from_numpy(disagreement(liked, ANNOTATORS, rng)).float(),
        [torch.tensor([list(s.belief[name].values()) for s in seen]) for name in VALUES],
        torch.tensor([[float(harm(n, getattr(s, n))) for n in FAULTS] for s in seen]),
        torch.from_numpy(np.stack([_marked(s.where) for s in seen])),
        torch.tensor([word[:2] for word in words]).reshape(-1, 2),
        torch.tensor([word[2] for word in words]),
    )


def _marked(where: NDArray[np.float32]) -> NDArray[np.float32]:
    marks = [harm("box", where[:, 0]), harm("grain", where[:, 1])]
    return np.stack(marks, axis=1).astype(np.float32)


@cache
def _naming() -> dict[int, list[tuple[str, str]]]:
    """Return for each token that belongs to values of attributes which those are."""
    known, found = layout()["model"]["vocab"], defaultdict(list)
    for name, values in NAMES.items():
        for value, phrases in values.items():
            for word in {word for phrase in phrases for word in phrase.split()} - SMALL:
                found[known[word]].append((name, value))
    return dict(found)
