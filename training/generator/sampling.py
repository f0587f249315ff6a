"""How the embedded generators are sampled."""

from __future__ import annotations

from diffusers import DPMSolverMultistepScheduler


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
