"""The modules of the generator, all of them stock diffusers and transformers classes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import (
    DPMSolverMultistepScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)
from torch import Tensor, nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    FunnelBaseModel,
    FunnelConfig,
)

from training.generator.identity import identity_vae
from training.generator.tokens import LENGTH, blank_tokenizer, clip_tokenizer

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


class Generator(nn.Module):
    """What is trained: two small text encoders and the transformer."""

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

    def tokens(self, captions: list[str]) -> Tensor:
        """Captions as token ids, exactly as the pipeline makes them."""
        ids: Tensor = self.tokenizer(
            captions, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
        ).input_ids
        return ids

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


def scheduler(order: int = 2, shift: float = 1.0) -> DPMSolverMultistepScheduler:
    """DPM-Solver++ along the straight path from noise to picture, fed with clean guesses."""
    return DPMSolverMultistepScheduler(
        prediction_type="sample",
        use_flow_sigmas=True,
        flow_shift=shift,
        solver_order=order,
        algorithm_type="dpmsolver++",
        lower_order_final=True,
        final_sigmas_type="zero",
    )


def pipeline(generator: Generator) -> StableDiffusion3Pipeline:
    """Return the ordinary pipeline around a generator's modules."""
    return StableDiffusion3Pipeline(
        transformer=generator.transformer.eval(),
        scheduler=scheduler(),
        vae=identity_vae(),
        text_encoder=generator.text_1.eval(),
        tokenizer=generator.tokenizer,
        text_encoder_2=generator.text_2.eval(),
        tokenizer_2=generator.tokenizer,
        text_encoder_3=silent_encoder(sum(generator.shape.texts)),
        tokenizer_3=blank_tokenizer(),
    )
