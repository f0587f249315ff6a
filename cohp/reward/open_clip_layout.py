"""CLIP as OpenAI and open_clip name its tensors: the layout of HPSv1 and HPSv2 checkpoints."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, linear, scaled_dot_product_attention


@dataclass(frozen=True)
class Sizes:
    """The sizes a checkpoint's shapes do not tell, and those they do."""

    features: int
    image: int
    patch: int
    vision: tuple[int, int, int]  # width, layers, heads
    text: tuple[int, int, int]
    words: int
    length: int
    quick: bool = False


def quick_gelu(x: Tensor) -> Tensor:
    """Approximate gelu by a sigmoid, as OpenAI's weights were trained with."""
    return x * torch.sigmoid(1.702 * x)


class OpenClip(nn.Module):
    """Both towers; features come out with length one."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width = sizes.text[0]
        act = quick_gelu if sizes.quick else gelu
        self.positional_embedding = nn.Parameter(torch.empty(sizes.length, width))
        self.text_projection = nn.Parameter(torch.empty(width, sizes.features))
        self.logit_scale = nn.Parameter(torch.empty(()))
        self.visual = VisionTower(sizes, act)
        self.transformer = Transformer(*sizes.text, act)
        self.token_embedding = nn.Embedding(sizes.words, width)
        self.ln_final = nn.LayerNorm(width)

    def image_features(self, pixels: Tensor) -> Tensor:
        """Return the direction of each image."""
        return directions(self.visual(pixels))

    def text_features(self, ids: Tensor) -> Tensor:
        """Return the direction of each text, read at its end token: the highest id of all."""
        x = self.token_embedding(ids) + self.positional_embedding[: ids.shape[1]]
        x = self.ln_final(self.transformer(x, causal=True))
        return directions(x[torch.arange(len(ids)), ids.argmax(-1)] @ self.text_projection)


class VisionTower(nn.Module):
    """Patches in, one vector out."""

    def __init__(self, sizes: Sizes, act: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        width, patches = sizes.vision[0], (sizes.image // sizes.patch) ** 2
        self.conv1 = nn.Conv2d(3, width, sizes.patch, sizes.patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty(patches + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(*sizes.vision, act)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.empty(width, sizes.features))

    def forward(self, pixels: Tensor) -> Tensor:
        """Return a vector for each image."""
        patches = self.conv1(pixels).flatten(2).transpose(1, 2)
        first = self.class_embedding.expand(len(patches), 1, -1).to(patches.dtype)
        x = torch.cat([first, patches], 1) + self.positional_embedding
        x = self.transformer(self.ln_pre(x))
        seen: Tensor = self.ln_post(x[:, 0]) @ self.proj
        return seen


class Transformer(nn.Module):
    """A stack of residual blocks."""

    def __init__(
        self, width: int, layers: int, heads: int, act: Callable[[Tensor], Tensor]
    ) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads, act) for _ in range(layers))

    def forward(self, x: Tensor, *, causal: bool = False) -> Tensor:
        """Return the tokens after every block."""
        for block in self.resblocks:
            x = block(x, causal=causal)
        return x


class Block(nn.Module):
    """Attention and an MLP, each normalised before and added after."""

    def __init__(self, width: int, heads: int, act: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            OrderedDict(c_fc=nn.Linear(width, width * 4), c_proj=nn.Linear(width * 4, width))
        )
        self.act = act

    def forward(self, x: Tensor, *, causal: bool) -> Tensor:
        """Return the tokens after this block."""
        x = x + self.attn(self.ln_1(x), causal=causal)
        widened = self.act(self.mlp.get_submodule("c_fc")(self.ln_2(x)))
        added: Tensor = x + self.mlp.get_submodule("c_proj")(widened)
        return added


class Attention(nn.Module):
    """Self-attention with queries, keys and values in one matrix."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(width * 3, width))
        self.in_proj_bias = nn.Parameter(torch.empty(width * 3))
        self.out_proj = nn.Linear(width, width)
        self.heads = heads

    def forward(self, x: Tensor, *, causal: bool) -> Tensor:
        """Return what is added to the tokens."""
        batch, length, width = x.shape
        joint = linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = joint.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(q, k, v, is_causal=causal)
        out: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, length, width))
        return out


def directions(vectors: Tensor) -> Tensor:
    """Scale each vector to length one."""
    lengths: Tensor = vectors.norm(dim=-1, keepdim=True)
    return vectors / lengths
