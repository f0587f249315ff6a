"""An AutoencoderKL that changes nothing: its latents are the pixels."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn

PIN = 100.0  # constant channels this large fix what a group norm divides by
GROUPS = 3
WIDTH = 12  # a group for each colour: the signal, its negative, and two pins


@torch.no_grad()
def identity_vae() -> AutoencoderKL:
    """Weights by construction: silu(x) - silu(-x) = x, and group norms pinned to constants."""
    vae = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=3,
        block_out_channels=(WIDTH,),
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
        layers_per_block=1,
        norm_num_groups=GROUPS,
        sample_size=64,
        scaling_factor=1.0,
        shift_factor=0.0,
        use_quant_conv=False,
        use_post_quant_conv=False,
        mid_block_add_attention=False,
    )
    for parameter in vae.parameters():
        parameter.zero_()
    for coder in (vae.encoder, vae.decoder):
        _spread(coder.conv_in.weight, coder.conv_in.bias)
        nn.init.constant_(coder.conv_norm_out.weight, PIN / 2**0.5)
        _gather(coder.conv_out.weight)
    vae.encoder.conv_out.bias[3:] = -30.0  # the logarithm of a variance: none
    return vae.eval()


def _spread(weight: Tensor, bias: Tensor) -> None:
    """Colour c goes to channels (c, -c, +pin, -pin) of its own group."""
    for c in range(3):
        weight[4 * c, c, 1, 1] = 1.0
        weight[4 * c + 1, c, 1, 1] = -1.0
        bias[4 * c + 2], bias[4 * c + 3] = PIN, -PIN


def _gather(weight: Tensor) -> None:
    """silu(x) - silu(-x) gives each colour back."""
    for c in range(3):
        weight[c, 4 * c, 1, 1] = 1.0
        weight[c, 4 * c + 1, 1, 1] = -1.0
