"""The part of MPS on top of CLIP: image tokens attend to words, then to each other."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, silu


class CrossModel(nn.Module):
    """Alternate cross-attention and self-attention; keys and values have one head for all."""

    def __init__(
        self, dim: int, layer_num: int, heads: int, dim_head: int = 64, ff_mult: int = 4
    ) -> None:
        super().__init__()
        sizes = (dim, heads, dim_head, dim * ff_mult)
        self.layers = nn.ModuleList(
            nn.ModuleList([_named(Cross(*sizes)), _named(Own(*sizes))]) for _ in range(layer_num)
        )

    def forward(self, seen: Tensor, words: Tensor, hidden: Tensor) -> Tensor:
        """Return the image tokens after they have looked at the words that are not hidden."""
        for layer in self.layers:
            cross, own = layer.children()
            seen = seen + cross.get_submodule("fn")(seen, words, hidden)
            seen = seen + own.get_submodule("fn")(seen)
        return seen


class Gated(nn.Module):
    """Multiply one half by the silu of the other."""

    def forward(self, x: Tensor) -> Tensor:
        """Return half as many values."""
        value, gate = x.chunk(2, dim=-1)
        return silu(gate) * value


class Cross(nn.Module):
    """Image tokens ask, words answer, with a gated MLP beside."""

    def __init__(self, dim: int, heads: int, dim_head: int, inner: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.to_q = _linear(dim, heads * dim_head)
        self.to_kv = _linear(dim, dim_head * 2)
        self.to_out = _linear(heads * dim_head, dim)
        self.ff = nn.Sequential(_linear(dim, inner * 2), Gated(), _linear(inner, dim))
        self.heads = heads

    def forward(self, seen: Tensor, words: Tensor, hidden: Tensor) -> Tensor:
        """Return what is added to the image tokens."""
        seen = self.norm(seen)
        key, value = self.to_kv(words).chunk(2, dim=-1)
        out: Tensor = self.to_out(_attend(self.to_q(seen), key, value, self.heads, hidden))
        added: Tensor = out + self.ff(seen)
        return added


class Own(nn.Module):
    """Image tokens attend to each other with rotary positions, a gated MLP beside."""

    def __init__(self, dim: int, heads: int, dim_head: int, inner: int) -> None:
        super().__init__()
        self.parts = (heads * dim_head, dim_head, dim_head, inner * 2)
        self.norm = nn.LayerNorm(dim)
        self.rotary_emb = Rotary(dim_head)
        self.fused_attn_ff_proj = _linear(dim, sum(self.parts))
        self.attn_out = _linear(heads * dim_head, dim)
        self.ff_out = nn.Sequential(Gated(), _linear(inner, dim))
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        """Return what is added to the image tokens."""
        query, key, value, wide = self.fused_attn_ff_proj(self.norm(x)).split(self.parts, dim=-1)
        angles = self.rotary_emb(x.shape[1])
        query = _turned(_heads(query, self.heads), angles).transpose(1, 2).flatten(2)
        out: Tensor = self.attn_out(_attend(query, _turned(key, angles), value, self.heads))
        added: Tensor = out + self.ff_out(wide)
        return added


class Rotary(nn.Module):
    """The angle of each position; its frequencies are stored in the checkpoint."""

    inv_freq: Tensor

    def __init__(self, dim_head: int) -> None:
        super().__init__()
        self.register_buffer("inv_freq", torch.empty(dim_head // 2))

    def forward(self, length: int) -> Tensor:
        """Return the angles of the first `length` positions."""
        angles = torch.outer(torch.arange(length, device=self.inv_freq.device), self.inv_freq)
        return torch.cat([angles, angles], -1)


def _attend(
    query: Tensor, key: Tensor, value: Tensor, heads: int, hidden: Tensor | None = None
) -> Tensor:
    query = _heads(query, heads)
    key, value = (each[:, None].expand(-1, heads, -1, -1) for each in (key, value))
    mask = None if hidden is None else hidden.to(query.dtype)
    return (
        scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).flatten(2)
    )


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.view(*x.shape[:2], heads, -1).transpose(1, 2)


def _turned(x: Tensor, angles: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat([-second, first], -1) * angles.sin()


def _named(module: nn.Module) -> nn.Module:
    """Hold a module under `fn`, as the checkpoint does around each residual."""
    return nn.ModuleDict({"fn": module})


def _linear(wide: int, out: int) -> Any:  # noqa: ANN401 - a Linear, called with tensors
    return nn.Linear(wide, out, bias=False)
