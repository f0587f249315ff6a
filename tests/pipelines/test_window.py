"""A window runs a part of a schedule, and parts make the whole, with every scheduler."""

from __future__ import annotations

from inspect import signature

import diffusers
import pytest
import torch

from cohp.pipelines.noise import generators
from cohp.pipelines.window import Window

STEPS = 8
FLOWS = {"use_flow_sigmas": True, "flow_shift": 3.0}
SCHEDULERS = {
    "DDIMScheduler": {},
    "DDPMScheduler": {},
    "PNDMScheduler": {"skip_prk_steps": True},
    "EulerDiscreteScheduler": {},
    "EulerAncestralDiscreteScheduler": {},
    "HeunDiscreteScheduler": {},
    "KDPM2DiscreteScheduler": {},
    "KDPM2AncestralDiscreteScheduler": {},
    "DEISMultistepScheduler": {},
    "UniPCMultistepScheduler": {},
    "UniPCMultistepScheduler of flows": {**FLOWS, "prediction_type": "flow_prediction"},
    "DPMSolverMultistepScheduler": {},
    "DPMSolverMultistepScheduler of pictures": {**FLOWS, "prediction_type": "sample"},
    "DPMSolverSinglestepScheduler": {},
    "SASolverScheduler": {},
    "LCMScheduler": {},
    "TCDScheduler": {},
    "EDMEulerScheduler": {},
    "EDMDPMSolverMultistepScheduler": {},
    "FlowMatchEulerDiscreteScheduler": {"shift": 3.0},
    "FlowMatchHeunDiscreteScheduler": {"shift": 3.0},
    "FlowMatchLCMScheduler": {"shift": 3.0},
}


def make(name, **changes):
    return getattr(diffusers, name.split()[0])(**{**SCHEDULERS[name], **changes})


def draw(scheduler, latents, steps=STEPS, *, seen=None):
    """Do what pipelines do with a scheduler; the model is a fixed, curved function."""
    scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps
    if hasattr(scheduler, "set_begin_index") and seen == "begins":
        scheduler.set_begin_index(0)
    for timestep in timesteps:
        given = latents
        if hasattr(scheduler, "scale_model_input"):
            given = scheduler.scale_model_input(latents, timestep)
        guess = torch.tanh(given * 0.7) + 0.1 * torch.sin(3 * given + 0.001 * timestep)
        latents = scheduler.step(guess, timestep, latents, return_dict=False)[0]
    return latents


def noise(batch=2, seed=0):
    return torch.randn(batch, 4, 4, 4, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("begins", ["begins", None])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_two_parts_are_one_part(name, begins):
    scheduler, part = make(name), 3
    with Window(scheduler, generators=generators([5, 6])):
        whole = draw(scheduler, noise(), seen=begins)
    sources = generators([5, 6])
    with Window(scheduler, 0, part, generators=sources) as window:
        half = draw(scheduler, noise(), seen=begins)
    carry = window.carry(2)
    draw(scheduler, noise(seed=9))  # another picture, in between
    with Window(scheduler, part, carry=carry, generators=sources):
        done = draw(scheduler, half, seen=begins)
    assert torch.allclose(done, whole, atol=2e-5 * float(whole.abs().max()))


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_row_goes_on_alone(name):
    scheduler = make(name)
    with Window(scheduler, generators=generators([5, 6])):
        whole = draw(scheduler, noise())
    sources = generators([5, 6])
    with Window(scheduler, 0, 4, generators=sources) as window:
        half = draw(scheduler, noise())
    carry = window.carry(2).take([1])
    with Window(scheduler, 4, carry=carry, generators=sources[1:]):
        done = draw(scheduler, half[1:])
    assert torch.allclose(done, whole[1:], atol=2e-5 * float(whole.abs().max()))


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_window_that_is_closed_leaves_no_trace(name):
    scheduler = make(name)
    plain = {key for key in vars(scheduler) if callable(vars(scheduler)[key])}
    with pytest.raises(TypeError), Window(scheduler, 2):
        draw(scheduler, "in the middle of which something goes wrong")
    assert {key for key in vars(scheduler) if callable(vars(scheduler)[key])} == plain
    fresh = make(name)
    fresh.set_timesteps(STEPS)
    assert torch.equal(scheduler.timesteps, fresh.timesteps)


def test_pipelines_find_the_arguments_they_look_for():
    scheduler = make("DPMSolverMultistepScheduler")
    before = {
        name: list(signature(getattr(scheduler, name)).parameters)
        for name in ("step", "set_timesteps", "set_begin_index", "scale_model_input")
    }
    with Window(scheduler, 1):
        inside = {name: list(signature(getattr(scheduler, name)).parameters) for name in before}
    assert inside == before


def test_a_pipeline_sees_its_part_alone_and_the_scheduler_all():
    scheduler = make("EulerDiscreteScheduler")
    scheduler.set_timesteps(STEPS)
    full = scheduler.timesteps
    with Window(scheduler, 2, 5):
        scheduler.set_timesteps(STEPS)
        assert torch.equal(scheduler.timesteps, full[2:5])
        assert len(scheduler.sigmas) == STEPS + 1
        scheduler.scale_model_input(noise(), full[2])
        assert torch.equal(scheduler.timesteps, full)
        assert scheduler.step_index == 2


def test_a_scheduler_begins_where_its_window_does():
    scheduler = make("HeunDiscreteScheduler")
    with Window(scheduler, 3):
        scheduler.set_timesteps(STEPS)
        assert scheduler.begin_index == 6
        scheduler.set_begin_index(0)
        assert scheduler.begin_index == 6


def test_steps_that_draw_noise_draw_that_of_their_shot():
    def drawn(seeds, latents):
        scheduler = make("EulerAncestralDiscreteScheduler")
        with Window(scheduler, generators=generators(seeds)):
            return draw(scheduler, latents)

    both = drawn([1, 2], noise())
    alone = drawn([2], noise()[1:])
    assert torch.allclose(both[1:], alone, atol=1e-5)
    assert not torch.allclose(drawn([3], noise()[1:]), alone, atol=1e-2)
