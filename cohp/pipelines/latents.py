"""From latents to pixels and back, for each kind of autoencoder.

Latents here are what a denoiser works on, image-shaped: (batch, channels, height, width).
Pixels are (batch, 3, height, width) in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from cohp.pipelines.foreign import Result, Vae


class Codec(Protocol):
    """How one kind of autoencoder is called."""

    def decode(self, vae: Vae, latents: Tensor) -> Tensor:
        """Return the pixels of float32 latents."""
        ...

    def encode(self, vae: Vae, pixels: Tensor) -> Tensor:
        """Return the float32 latents of pixels, without sampling: equal pixels, equal latents."""
        ...


class Scaled:
    """One factor, and where there is one a shift or a mean and deviation a channel."""

    def decode(self, vae: Vae, latents: Tensor) -> Tensor:
        """Undo the scaling and decode."""
        scale, mean, std = self._scaling(vae, latents)
        pixels = vae.decode((latents * std / scale + mean).to(vae.dtype), return_dict=False)[0]
        return torch.as_tensor(pixels)

    def encode(self, vae: Vae, pixels: Tensor) -> Tensor:
        """Encode and scale."""
        plain = _mode(vae.encode(pixels.to(vae.dtype))).float()
        scale, mean, std = self._scaling(vae, plain)
        return (plain - mean) * scale / std

    def _scaling(self, vae: Vae, like: Tensor) -> tuple[float, Tensor | float, Tensor | float]:
        config = vae.config
        scale = float(config.get("scaling_factor") or 1.0)
        means, stds = config.get("latents_mean"), config.get("latents_std")
        if means is not None and stds is not None:
            return scale, _by_channel(means, like), _by_channel(stds, like)
        return scale, float(config.get("shift_factor") or 0.0), 1.0


class Frames:
    """A video autoencoder that holds a picture as one frame, normalised a channel."""

    def decode(self, vae: Vae, latents: Tensor) -> Tensor:
        """Decode the one frame."""
        mean, std = self._statistics(vae, latents)
        frames = (latents * std + mean).unsqueeze(2).to(vae.dtype)
        return torch.as_tensor(vae.decode(frames, return_dict=False)[0][:, :, 0])

    def encode(self, vae: Vae, pixels: Tensor) -> Tensor:
        """Encode the one frame."""
        plain = _mode(vae.encode(pixels.unsqueeze(2).to(vae.dtype))).float()[:, :, 0]
        mean, std = self._statistics(vae, plain)
        return (plain - mean) / std

    def _statistics(self, vae: Vae, like: Tensor) -> tuple[Tensor, Tensor]:
        return _by_channel(vae.config.latents_mean, like), _by_channel(vae.config.latents_std, like)


class Patched:
    """FLUX.2: patches of 2x2 become channels, which a batch norm's running numbers normalise."""

    def decode(self, vae: Vae, latents: Tensor) -> Tensor:
        """Undo the normalising and the patches, and decode."""
        mean, std = self._statistics(vae, latents)
        plain = torch.nn.functional.pixel_shuffle(latents * std + mean, 2)
        return torch.as_tensor(vae.decode(plain.to(vae.dtype), return_dict=False)[0])

    def encode(self, vae: Vae, pixels: Tensor) -> Tensor:
        """Encode, make patches and normalise them."""
        plain = _mode(vae.encode(pixels.to(vae.dtype))).float()
        patches = torch.nn.functional.pixel_unshuffle(plain, 2)
        mean, std = self._statistics(vae, patches)
        return (patches - mean) / std

    def _statistics(self, vae: Vae, like: Tensor) -> tuple[Tensor, Tensor]:
        mean = vae.bn.running_mean.to(like)
        std = (vae.bn.running_var.to(like) + vae.config.batch_norm_eps).sqrt()
        return mean.view(1, -1, 1, 1), std.view(1, -1, 1, 1)


def _mode(encoded: Result) -> Tensor:
    if hasattr(encoded, "latent_dist"):
        return torch.as_tensor(encoded.latent_dist.mode())
    return torch.as_tensor(encoded.latent)


def _by_channel(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)
