"""Families under other schedulers than their own: they draw and refine, and parts are the whole."""

from __future__ import annotations

import pytest
from checks import (
    draws_what_its_pipeline_draws,
    refines_nearer_to_its_parent_the_less_strength,
    two_parts_are_one_part,
)
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FlowMatchLCMScheduler,
    UniPCMultistepScheduler,
)
from drawing import child, draw, generator, shot
from tiny import tiny

# A network that answers with the picture itself, under noise that is mixed in as flows do it.
FLOWS_OF_PICTURES = {"use_flow_sigmas": True, "prediction_type": "sample"}
FLOWS = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}


@pytest.fixture
def given(monkeypatch):
    """Return a function that gives a tiny pipeline another scheduler for the test."""
    return lambda name, scheduler: monkeypatch.setattr(tiny(name), "scheduler", scheduler)


def draws_and_refines(name):
    two_parts_are_one_part(name)
    refines_nearer_to_its_parent_the_less_strength(name)


@pytest.mark.parametrize("shift", [1.0, 3.0])
@pytest.mark.parametrize("name", ["mini", "sd3", "sd15", "pixart"])
def test_pictures_under_flows_are_drawn_and_refined(name, shift, given):
    given(name, DPMSolverMultistepScheduler(**FLOWS_OF_PICTURES, flow_shift=shift))
    draws_what_its_pipeline_draws(name)
    draws_and_refines(name)


@pytest.mark.parametrize("strength", [0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("name", ["sd3", "pixart"])
def test_their_noise_level_is_the_sigma_of_the_flow(name, strength, given):
    scheduler = DPMSolverMultistepScheduler(**FLOWS_OF_PICTURES, flow_shift=3.0)
    given(name, scheduler)
    drawer = generator(name)
    (parent,) = draw(drawer, shot(name, 1, steps=10))
    (refined,) = draw(drawer, child(parent, 5, strength), parents=[parent])
    scheduler.set_timesteps(10)
    first = 10 - round(10 * strength)
    assert refined.true_start == pytest.approx(float(scheduler.sigmas[first]), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "scheduler"),
    [
        (
            "hidream",
            UniPCMultistepScheduler(
                use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0
            ),
        ),
        ("hidream", FlowMatchLCMScheduler(shift=6.0)),
        ("mini", FlowMatchEulerDiscreteScheduler(shift=1.0)),
    ],
)
def test_the_schedulers_that_makers_ship_draw_and_refine(name, scheduler, given):
    given(name, scheduler)
    draws_and_refines(name)


@pytest.mark.parametrize("name", ["sd15", "sdxl", "kolors", "pixart", "hunyuan-dit"])
def test_noise_that_a_scheduler_makes_large_is_not_made_so_twice(name, given):
    pipe = tiny(name)
    large = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
    assert large.init_noise_sigma > 10
    given(name, large)
    two_parts_are_one_part(name)


def test_stable_diffusion_2_predicts_velocities_from_pure_noise(given):
    config = dict(tiny("sd15").scheduler.config)
    spacing = {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, "clip_sample": False}
    scheduler = DDIMScheduler.from_config(config, prediction_type="v_prediction", **spacing)
    given("sd15", scheduler)
    draws_what_its_pipeline_draws("sd15")
    two_parts_are_one_part("sd15")
    refines_nearer_to_its_parent_the_less_strength("sd15")
