"""mini-poster: a patch transformer in the Stable Diffusion 3 shape, of stock classes alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL, SD3Transformer2DModel, StableDiffusion3Pipeline
from torch import Tensor, nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    FunnelBaseModel,
    FunnelConfig,
)

from training.generator import wake
from training.generator.sampling import scheduler
from training.generator.tokens import LENGTH, blank_tokenizer, clip_tokenizer, padded

SILENT = 1
"""Tokens that the silent third encoder adds to every prompt, all of them zero."""


@dataclass(frozen=True)
class Shape:
    """How large the generator is."""

    width: int = 192
    depth: int = 6
    heads: int = 6
    side: int = 64
    patch: int = 8
    texts: tuple[int, int] = (96, 32)


class Poster(nn.Module):
    """What is trained: two small text encoders and the transformer."""

    NAME = "poster"
    AUTOENCODER = (16, 32)
    FOLDS = 0
    SHAPE = Shape

    def __init__(self, shape: Shape, words: tuple[str, ...]) -> None:
        super().__init__()
        self.shape, self.words = shape, words
        self.tokenizer = clip_tokenizer(words)
        self.text_1 = _text_encoder(shape.texts[0], self.tokenizer)
        self.text_2 = _text_encoder(shape.texts[1], self.tokenizer)
        self.transformer = SD3Transformer2DModel(
            sample_size=shape.side,
            patch_size=shape.patch,
            in_channels=3,
            out_channels=3,
            num_layers=shape.depth,
            num_attention_heads=shape.heads,
            attention_head_dim=shape.width // shape.heads,
            joint_attention_dim=sum(shape.texts),
            caption_projection_dim=shape.width,
            pooled_projection_dim=sum(shape.texts),
            pos_embed_max_size=shape.side // shape.patch,
            qk_norm="rms_norm",
        )

    def start(self) -> None:
        """Blocks begin as the identity, the guess as grey, and summaries loud enough."""
        for name, module in self.transformer.named_modules():
            if isinstance(module, nn.Linear) and (name.endswith(".linear") or name == "proj_out"):
                nn.init.zeros_(module.weight)
                nn.init.zeros_(module.bias)
        wake.wake(self)

    def turned(self, name: str) -> bool:
        """Whether Muon trains this matrix: those that pictures pass."""
        return "transformer_blocks" in name and "norm" not in name and "ff_context" not in name

    def reads(self, name: str) -> bool:
        """Whether this parameter reads text, and learns quicker."""
        return name.startswith("text_") or "context_embedder" in name or "text_embedder" in name

    def tokens(self, captions: list[str]) -> Tensor:
        """Captions as token ids, exactly as the pipeline makes them."""
        return padded(self.tokenizer, captions)

    def forward(self, noisy: Tensor, level: Tensor, ids: Tensor) -> Tensor:
        """Return the clean pictures, guessed from noisy ones; level is the share of noise."""
        context, pooled = self.read(ids)
        out: Tensor = self.transformer(
            hidden_states=noisy,
            timestep=level * 1000,
            encoder_hidden_states=context,
            pooled_projections=pooled,
            return_dict=False,
        )[0]
        return out

    def read(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the transformer is told about a prompt: a token sequence and a summary."""
        told = [text(ids, output_hidden_states=True) for text in (self.text_1, self.text_2)]
        context = torch.cat([t.hidden_states[-2] for t in told], dim=-1)
        silence = context.new_zeros(len(ids), SILENT, context.shape[-1])
        return torch.cat([context, silence], dim=1), torch.cat(
            [t.text_embeds for t in told], dim=-1
        )


def _text_encoder(width: int, tokenizer: CLIPTokenizer) -> CLIPTextModelWithProjection:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=4 * width,
        projection_dim=width,
        num_hidden_layers=2,
        num_attention_heads=max(1, width // 32),
        max_position_embeddings=LENGTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModelWithProjection(config)


@torch.no_grad()
def silent_encoder(width: int) -> FunnelBaseModel:
    """In the place of T5: folds the 256 padded positions into one token of zeros."""
    config = FunnelConfig(
        vocab_size=2,
        block_sizes=[1] * 9,
        d_model=width,
        n_head=1,
        d_head=8,
        d_inner=8,
        separate_cls=False,
        truncate_seq=False,
    )
    encoder = FunnelBaseModel(config)
    for parameter in encoder.parameters():
        parameter.zero_()
    return encoder.eval()


def pipeline(generator: Poster, vae: AutoencoderKL) -> StableDiffusion3Pipeline:
    """Return the ordinary pipeline around a generator's modules."""
    return StableDiffusion3Pipeline(
        transformer=generator.transformer.eval(),
        scheduler=scheduler(),
        vae=vae.eval(),
        text_encoder=generator.text_1.eval(),
        tokenizer=generator.tokenizer,
        text_encoder_2=generator.text_2.eval(),
        tokenizer_2=generator.tokenizer,
        text_encoder_3=silent_encoder(sum(generator.shape.texts)),
        tokenizer_3=blank_tokenizer(),
    )
