"""Runs a Qwen language model to the one vector a reward reads: that of the last token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def last_vector(
    language: Any,  # noqa: ANN401 - transformers is untyped
    embeddings: Tensor,
    positions: Tensor,
    image: slice,
    deep: Sequence[Tensor] = (),
) -> Tensor:
    """Return the normalised state (B, width) at the last of the embeddings (B, length, width).

    `positions` is (3, length). `deep` has features that are added at the image's tokens after
    the first layers, one each. All rows have one length, so nothing is padded or masked.
    """
    hidden = embeddings
    turns = language.rotary_emb(hidden, positions[:, None])
    *layers, final = language.layers
    for number, layer in enumerate(layers):
        hidden = layer(hidden, position_embeddings=turns, attention_mask=None)
        if number < len(deep):
            hidden[:, image] += deep[number]
    return torch.as_tensor(language.norm(_last_only(final, hidden, turns)))[:, 0]


def _last_only(layer: Any, hidden: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:  # noqa: ANN401
    """Run a layer for its last position, which sees every key and is the only query."""
    attention = layer.self_attn
    normed = layer.input_layernorm(hidden)
    query = _heads(attention.q_proj(normed[:, -1:]), attention.head_dim)
    key = _heads(attention.k_proj(normed), attention.head_dim)
    value = _heads(attention.v_proj(normed), attention.head_dim)
    if hasattr(attention, "q_norm"):
        query, key = attention.q_norm(query), attention.k_norm(key)
    cos, sin = (table[:, None] for table in turns)
    query, key = _turn(query, cos[:, :, -1:], sin[:, :, -1:]), _turn(key, cos, sin)
    mixed = functional.scaled_dot_product_attention(query, key, value, enable_gqa=True)
    state = hidden[:, -1:] + attention.o_proj(mixed.transpose(1, 2).flatten(2))
    return torch.as_tensor(state + layer.mlp(layer.post_attention_layernorm(state)))


def _heads(values: Tensor, width: int) -> Tensor:
    return values.reshape(*values.shape[:2], -1, width).transpose(1, 2)


def _turn(vectors: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = vectors.chunk(2, dim=-1)
    return vectors * cos + torch.cat((-second, first), dim=-1) * sin
