"""An AutoencoderKL whose encoder is built, not trained: it shrinks a picture and folds it up."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional

from training.world.scene import SIDE

PIN = 100.0  # constants this large fix what the encoder's last group norm divides by
GROUPS = 8
SILENT = -30.0  # the logarithm of a variance: none
COLOURS = 3


def autoencoder(widths: tuple[int, ...], folds: int) -> AutoencoderKL:
    """Return an autoencoder whose latents are a picture of 64 pixels, folded up.

    Between one width and the next a picture is halved: averaged, or, the last `folds` times,
    two by two pixels are laid behind one another as channels. The decoder is fresh.
    """
    vae = AutoencoderKL(
        in_channels=COLOURS,
        out_channels=COLOURS,
        latent_channels=COLOURS * 4**folds,
        block_out_channels=widths,
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        layers_per_block=1,
        norm_num_groups=GROUPS,
        sample_size=SIDE * 2 ** (len(widths) - 1 - folds),
        scaling_factor=1.0,
        shift_factor=0.0,
        use_quant_conv=False,
        use_post_quant_conv=False,
        mid_block_add_attention=False,
    )
    _build(vae.encoder, widths, folds)
    return vae


def folded(pictures: Tensor, vae: AutoencoderKL) -> Tensor:
    """Return pictures of 64 pixels as the latents that they are."""
    while pictures.shape[1] < vae.config.latent_channels:
        pictures = functional.pixel_unshuffle(pictures, 2)
    return pictures


def unfolded(latents: Tensor) -> Tensor:
    """Return latents as the pictures of 64 pixels that they are."""
    while latents.shape[1] > COLOURS:
        latents = functional.pixel_shuffle(latents, 2)
    return latents


@torch.no_grad()
def _build(encoder: nn.Module, widths: tuple[int, ...], folds: int) -> None:
    """Write the encoder's weights: signals in the first channels, a constant 1 behind them."""
    for parameter in encoder.parameters():
        parameter.zero_()
    signals = COLOURS
    for k in range(signals):
        encoder.conv_in.weight[k, k, 1, 1] = 1.0
    encoder.conv_in.bias[signals] = 1.0
    for number, block in enumerate(encoder.down_blocks):
        shortcut = block.resnets[0].conv_shortcut
        if number == len(widths) - 1:
            _pair(encoder, shortcut, signals, widths[-1])
        elif shortcut is not None:
            for k in range(signals + 1):
                shortcut.weight[k, k, 0, 0] = 1.0
        if block.downsamplers is None:
            continue
        if number < len(widths) - 1 - folds:
            _halve(block.downsamplers[0].conv, signals + 1)
        else:
            _fold(block.downsamplers[0].conv, signals)
            signals *= 4


def _halve(conv: nn.Conv2d, channels: int) -> None:
    for k in range(channels):
        conv.weight[k, k, :2, :2] = 0.25


def _fold(conv: nn.Conv2d, signals: int) -> None:
    """Channel 4k + 2y + x is the pixel (y, x) of channel k: what `pixel_unshuffle` does."""
    for k in range(signals):
        for place in range(4):
            conv.weight[4 * k + place, k, place // 2, place % 2] = 1.0
    conv.weight[4 * signals, signals, 0, 0] = 1.0


def _pair(encoder: nn.Module, shortcut: nn.Conv2d, signals: int, width: int) -> None:
    """Lay each signal beside its negative and two pins: silu(x) - silu(-x) = x gives it back."""
    size = width // GROUPS
    room = (size - 2) // 2
    for group in range(GROUPS):
        shortcut.weight[group * size, signals, 0, 0] = PIN
        shortcut.weight[group * size + 1, signals, 0, 0] = -PIN
    # A group norm divides by the root mean square, which the pins rule.
    nn.init.constant_(encoder.conv_norm_out.weight, PIN * (2 / size) ** 0.5)
    for k in range(signals):
        place = k // room * size + 2 + 2 * (k % room)
        shortcut.weight[place, k, 0, 0], shortcut.weight[place + 1, k, 0, 0] = 1.0, -1.0
        encoder.conv_out.weight[k, place, 1, 1] = 1.0
        encoder.conv_out.weight[k, place + 1, 1, 1] = -1.0
    encoder.conv_out.bias[signals:] = SILENT
