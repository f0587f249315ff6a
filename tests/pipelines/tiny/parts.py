"""Text encoders, tokenizers and autoencoders that fit on a stamp."""

from __future__ import annotations

from functools import cache

from diffusers import AutoencoderKL
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

WORDS = 600
# What most transformers of latents are told, as small as it gets.
HEADS = {"attention_head_dim": 8, "num_attention_heads": 2}
LATENTS = {**HEADS, "patch_size": 2, "in_channels": 4}
SQUARE = {**LATENTS, "sample_size": 8}
PAD, BOS, EOS = "<pad>", "<s>", "</s>"
CHAT = (
    "{% for m in messages %}{{ m['role'] }}: {% if m['content'] is string %}{{ m['content'] }}"
    "{% else %}{% for c in m['content'] %}{{ c['text'] }}{% endfor %}{% endif %}\n{% endfor %}"
)
TEXTS = ["a red fox at dawn", "a blue house by the sea, painted", "Describe the image by detailing"]


@cache
def _trained():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=WORDS,
        special_tokens=[PAD, BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    ends = [(BOS, 1), (EOS, 2)]
    tokenizer.post_processor = processors.TemplateProcessing(f"{BOS} $A {EOS}", None, ends)
    return tokenizer.to_str()


def tokenizer(longest=77, kind=PreTrainedTokenizerFast, **changes):
    return kind(
        tokenizer_object=Tokenizer.from_str(_trained()),
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        model_max_length=longest,
        chat_template=CHAT,
        **changes,
    )


def clip(width=16, *, projects=False, longest=77):
    config = CLIPTextConfig(
        vocab_size=WORDS,
        hidden_size=width,
        intermediate_size=16,
        projection_dim=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=longest,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    return (CLIPTextModelWithProjection if projects else CLIPTextModel)(config).eval()


def t5(width=16):
    config = T5Config(vocab_size=WORDS, d_model=width, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    return T5EncoderModel(config).eval()


def autoencoder(channels=4, *, factor=8, **changes):
    levels = {1: 1, 2: 2, 4: 3, 8: 4}[factor]
    settings = {
        "block_out_channels": (4,) * levels,
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "layers_per_block": 1,
        "latent_channels": channels,
        "norm_num_groups": 2,
        "sample_size": 64,
        **changes,
    }
    return AutoencoderKL(**settings).eval()


def language(kind, width=16, layers=2):
    """Return a tiny language model of a transformers class, by its config's class."""
    settings = {
        "vocab_size": WORDS,
        "hidden_size": width,
        "intermediate_size": 16,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "max_position_embeddings": 1024,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    config, model = kind
    return model(config(**settings)).eval()
