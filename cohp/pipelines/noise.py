"""The noise of a shot, and how a parent is noised to where its refining starts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cohp.errors import BadInput
from cohp.pipelines.foreign import Scheduler


def generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """Return one generator a shot, on the host: the same noise on every device."""
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]


def noise(sources: Sequence[torch.Generator], shape: Sequence[int]) -> Tensor:
    """Return the noise of each source, in float32 whatever a model computes in."""
    drawn = [torch.randn(*shape, generator=source, dtype=torch.float32) for source in sources]
    return torch.stack(drawn)


def noised(scheduler: Scheduler, clean: Tensor, fresh: Tensor, first: int) -> Tensor:
    """Noise `clean` to the level at which step `first` starts.

    The scheduler must have its schedule, and begin at that step; see `cohp.pipelines.window`.
    """
    timestep = scheduler.timesteps[first * int(getattr(scheduler, "order", 1))]
    timesteps = timestep.repeat(len(clean))
    if hasattr(scheduler, "scale_noise"):
        return torch.as_tensor(scheduler.scale_noise(clean, timesteps, fresh))
    if hasattr(scheduler, "add_noise"):
        return torch.as_tensor(scheduler.add_noise(clean, fresh, timesteps))
    raise BadInput(
        f"{type(scheduler).__name__} cannot noise an image, so nothing can be refined with it. "
        "Give the model another scheduler."
    )


def noise_level(scheduler: Scheduler, first: int, device: torch.device | None = None) -> float:
    """Return how noisy the start at step `first` is: 0 is the picture, 1 is noise alone.

    A scheduler noises to a * picture + b * noise; the level is b / (a + b). For flow models
    that is their sigma, and equal levels mean equal signal-to-noise for every family.
    """
    # Where the latents are, because schedulers move what they know to where they are asked.
    one = torch.ones(1, 1, 1, 1, device=device)
    none = torch.zeros_like(one)
    kept = float(noised(scheduler, one, none, first))
    added = float(noised(scheduler, none, one, first))
    return added / (kept + added)
