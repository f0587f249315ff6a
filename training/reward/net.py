"""The judge while it learns: HPSv3's own parts, small, with a path that gradients can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cohp.reward.hpsv3 import HPSv3
from cohp.reward.qwen_images import normalised, patches
from cohp.reward.qwen_vision import FramePatches, see

SIDE, PATCH = 64, 8
GRID = (SIDE // PATCH, SIDE // PATCH)
IMAGE_TOKENS = GRID[0] * GRID[1] // 4
MATRIX = 2  # dimensions


@dataclass(frozen=True)
class Shape:
    """How large a judge is: the width and depth of what sees and of what reads."""

    sight: int = 160
    sight_depth: int = 4
    width: int = 160
    depth: int = 3
    inner: int = 432
    head: int = 32  # width of an attention head
    judge: tuple[int, int] = (128, 16)


def config(shape: Shape, tokens: int) -> dict[str, Any]:
    """Return the content of config.json."""
    turned = shape.head // 2
    return {
        "architectures": ["Qwen2VLForConditionalGeneration"],
        "model_type": "qwen2_vl",
        "hidden_size": shape.width,
        "intermediate_size": shape.inner,
        "num_hidden_layers": shape.depth,
        "num_attention_heads": shape.width // shape.head,
        "num_key_value_heads": shape.width // shape.head,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "max_position_embeddings": 1024,
        "rope_theta": 1000.0,
        "rope_scaling": {
            "type": "mrope",
            "mrope_section": [turned - 2 * (turned // 3), turned // 3, turned // 3],
        },
        "tie_word_embeddings": False,
        "use_sliding_window": False,
        # Nothing is generated, so no token ends or begins it.
        "bos_token_id": None,
        "eos_token_id": None,
        "vocab_size": tokens,
        "vision_config": {
            "depth": shape.sight_depth,
            "embed_dim": shape.sight,
            "mlp_ratio": 4,
            "num_heads": shape.sight // shape.head,
            "in_chans": 3,
            "hidden_size": shape.width,
            "patch_size": PATCH,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
    }


class Judge(nn.Module):
    """Pictures and token ids in; mean and log deviation out."""

    def __init__(self, shape: Shape, tokens: int) -> None:
        super().__init__()
        self.shape, self.tokens = shape, tokens
        first, second = shape.judge
        parts = HPSv3.build(
            config(shape, tokens),
            {
                "language_model.embed_tokens.weight": (tokens, shape.width),
                "rm_head.0.weight": (first, shape.width),
                "rm_head.3.weight": (second, first),
                "rm_head.5.weight": (2, second),
            },
        )
        self.visual: Any = parts["visual"]
        self.visual.patch_embed = FramePatches(self.visual.patch_embed.proj)
        self.language_model: Any = parts["language_model"]
        self.rm_head = parts["rm_head"]
        self.rm_head[2].p = 0.0  # so small a head has nothing to spare
        self.apply(_begin)
        for block in (*self.visual.blocks, *self.language_model.layers):
            _quieten(block)

    def look(self, pictures: Tensor) -> Tensor:
        """Turn bytes (n, 3, 64, 64) into image tokens (n, 16, width)."""
        rows = torch.stack([patches(each, PATCH) for each in pictures])
        return see(self.visual, normalised(rows, HPSv3.MEAN, HPSv3.STD), GRID)[0]

    def judge(
        self, seen: Tensor, ids: Sequence[Sequence[int]], start: int
    ) -> tuple[Tensor, Tensor]:
        """Return mean and log deviation (n, 2) of image tokens, each with its prompt's ids.

        Rows are filled up behind the reward token, where nothing can change it. Beside it come
        the states (n, length, width) that the reward token reads in the last layer.
        """
        language = self.language_model
        longest = max(map(len, ids))
        filled = torch.tensor(
            [[*row, *[row[-1]] * (longest - len(row))] for row in ids], device=seen.device
        )
        words = language.embed_tokens(filled)
        hidden = torch.cat([words[:, :start], seen, words[:, start + seen.shape[1] :]], dim=1)
        places = torch.arange(longest, device=seen.device).expand(3, 1, -1)
        turns = language.rotary_emb(hidden, places)
        read = hidden
        for layer in language.layers:
            read, hidden = hidden, layer(hidden, position_embeddings=turns, attention_mask=None)
        ends = torch.tensor([len(row) - 1 for row in ids], device=seen.device)
        last = hidden[torch.arange(len(ids), device=seen.device), ends]
        return self.rm_head(language.norm(last)), read


def _begin(module: nn.Module) -> None:
    """Draw weights as wide as what goes in asks for."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, FramePatches):
        nn.init.normal_(module.proj.weight, std=(3 * 2 * PATCH**2) ** -0.5)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=1.0)


def _quieten(block: Any) -> None:  # noqa: ANN401 - transformers is untyped
    """Let a block begin as the identity."""
    attention = block.attn.proj if hasattr(block, "attn") else block.self_attn.o_proj
    mlp = block.mlp.fc2 if hasattr(block.mlp, "fc2") else block.mlp.down_proj
    nn.init.zeros_(attention.weight)
    nn.init.zeros_(mlp.weight)
