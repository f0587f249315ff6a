"""mini-mural: a patch transformer in the PixArt shape, of stock classes alone."""

from __future__ import annotations

from dataclasses import dataclass

from diffusers import AutoencoderKL, PixArtSigmaPipeline, PixArtTransformer2DModel
from torch import Tensor, nn
from transformers import T5Config, T5EncoderModel

from training.autoencoder.built import unfolded
from training.generator.sampling import scheduler
from training.generator.tokens import clip_tokenizer, padded


@dataclass(frozen=True)
class Shape:
    """How large the generator is."""

    width: int = 192
    depth: int = 8
    heads: int = 6
    text: int = 128


class Mural(nn.Module):
    """What is trained: a small T5 encoder and the transformer, over pictures folded once."""

    NAME = "mural"
    AUTOENCODER = (16, 16, 32, 64)
    FOLDS = 1
    SHAPE = Shape

    def __init__(self, shape: Shape, words: tuple[str, ...]) -> None:
        super().__init__()
        self.shape, self.words = shape, words
        self.tokenizer = clip_tokenizer(words)
        self.text = T5EncoderModel(
            T5Config(
                vocab_size=len(self.tokenizer),
                d_model=shape.text,
                d_kv=32,
                d_ff=4 * shape.text,
                num_heads=shape.text // 32,
                num_layers=2,
                dropout_rate=0.0,
                feed_forward_proj="gated-gelu",
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=self.tokenizer.eos_token_id,
            )
        )
        # 32 cells to a side: the pipeline only offers sizes that go with such round numbers.
        self.transformer = PixArtTransformer2DModel(
            sample_size=32,
            patch_size=4,
            in_channels=12,
            out_channels=12,
            num_layers=shape.depth,
            num_attention_heads=shape.heads,
            attention_head_dim=shape.width // shape.heads,
            cross_attention_dim=shape.width,
            caption_channels=shape.text,
            norm_type="ada_norm_single",
            use_additional_conditions=False,
        )

    def start(self) -> None:
        """Begin with a guess of grey; noise levels are told apart by the tables alone."""
        for layer in (self.transformer.proj_out, self.transformer.adaln_single.linear):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def turned(self, name: str) -> bool:
        """Whether Muon trains this matrix: those of the blocks."""
        return "transformer_blocks" in name and "table" not in name

    def reads(self, name: str) -> bool:
        """Whether this parameter reads text, and learns quicker."""
        return name.startswith("text.") or "caption_projection" in name

    def tokens(self, captions: list[str]) -> Tensor:
        """Captions as token ids, as the pipeline makes them but for the length of the padding."""
        return padded(self.tokenizer, captions)

    def forward(self, noisy: Tensor, level: Tensor, ids: Tensor) -> Tensor:
        """Return the clean pictures, guessed from noisy ones; level is the share of noise."""
        ended = (ids == self.tokenizer.eos_token_id).cumsum(dim=1)
        # The end mark is also the padding: all up to the first of them is read.
        mask = (ended - (ids == self.tokenizer.eos_token_id).long() == 0).long()
        told = self.text(ids, attention_mask=mask).last_hidden_state
        out: Tensor = self.transformer(
            hidden_states=nn.functional.pixel_unshuffle(noisy, 2),
            encoder_hidden_states=told,
            encoder_attention_mask=mask,
            timestep=level * 1000,
            added_cond_kwargs={"resolution": None, "aspect_ratio": None},
            return_dict=False,
        )[0]
        return unfolded(out)


def pipeline(generator: Mural, vae: AutoencoderKL) -> PixArtSigmaPipeline:
    """Return the ordinary pipeline around a generator's modules."""
    return PixArtSigmaPipeline(
        tokenizer=generator.tokenizer,
        text_encoder=generator.text.eval(),
        vae=vae.eval(),
        transformer=generator.transformer.eval(),
        scheduler=scheduler(),
    )
