"""The shapes in which pipelines take and give latents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """To a pipeline's shape and back; `unpack` is told the channels, height and width."""

    pack: Callable[[Tensor], Tensor]
    unpack: Callable[[Tensor, Shape], Tensor]


def _same(latents: Tensor, _: Shape = ()) -> Tensor:
    return latents


def _to_tokens(latents: Tensor) -> Tensor:
    return latents.flatten(2).transpose(1, 2)


def _from_tokens(tokens: Tensor, shape: Shape) -> Tensor:
    return tokens.transpose(1, 2).reshape(-1, *shape)


def _to_pairs(latents: Tensor) -> Tensor:
    return _to_tokens(pixel_unshuffle(latents, 2))


def _from_pairs(tokens: Tensor, shape: Shape) -> Tensor:
    channels, height, width = shape
    return pixel_shuffle(_from_tokens(tokens, (channels * 4, height // 2, width // 2)), 2)


PLAIN = Layout(_same, _same)
# One token a place.
TOKENS = Layout(_to_tokens, _from_tokens)
# One token for two by two places.
PAIRS = Layout(_to_pairs, _from_pairs)
