"""The noise of a shot, and the level at which refining starts."""

from __future__ import annotations

import diffusers
import pytest
import torch

from cohp.errors import BadInput
from cohp.pipelines.noise import generators, noise, noise_level, noised


def at(scheduler, first, steps=10):
    scheduler.set_timesteps(steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    return scheduler


def test_a_batch_has_the_noise_of_its_shots():
    both = noise(generators([3, 2**63 - 1]), (4, 8, 8))
    assert torch.equal(both[1], noise(generators([2**63 - 1]), (4, 8, 8))[0])
    assert both.dtype == torch.float32


def test_the_level_of_a_flow_is_its_sigma():
    scheduler = at(diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0), 4)
    assert noise_level(scheduler, 4) == pytest.approx(float(scheduler.sigmas[4]))


@pytest.mark.parametrize(
    "name", ["DDIMScheduler", "EulerDiscreteScheduler", "UniPCMultistepScheduler"]
)
def test_equal_timesteps_have_equal_levels_whatever_the_scheduler_calls_them(name):
    scheduler = at(getattr(diffusers, name)(timestep_spacing="trailing"), 5)
    kept = diffusers.DDPMScheduler().alphas_cumprod[int(scheduler.timesteps[5])]
    expected = (1 - kept).sqrt() / (kept.sqrt() + (1 - kept).sqrt())
    assert noise_level(scheduler, 5) == pytest.approx(float(expected), abs=2e-3)


def test_levels_fall_from_step_to_step():
    scheduler = diffusers.EDMDPMSolverMultistepScheduler()
    levels = [noise_level(at(scheduler, first), first) for first in range(10)]
    assert levels == sorted(levels, reverse=True)
    assert 0 < levels[-1] < levels[0] < 1


def test_a_scheduler_that_cannot_noise_is_named():
    scheduler = at(diffusers.SCMScheduler(), 1, steps=2)
    with pytest.raises(BadInput, match="SCMScheduler cannot noise"):
        noised(scheduler, torch.zeros(1, 4, 2, 2), torch.ones(1, 4, 2, 2), 1)
