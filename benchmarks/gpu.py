"""A chain on an accelerator with full-size random weights: an SDXL, a FLUX, the 7B reward.

It makes them itself, in a folder (about 60 GB), because what is measured is what a person would
run: chain time against the sum of its parts, the share of it in which the device idles, peak
memory against the plan, and the time a denoiser takes to come from main memory against the bus.
Text encoders are tiny, so the cross attention is narrow; all else has the published shape.

python benchmarks/gpu.py [--small] [--memory 48GB] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, UNet2DConditionModel
from memory import peak_of, resident
from score import weights

from cohp.engine import Engine, compose
from cohp.executors.local import LocalExecutor
from cohp.pipelines.diffusers import DiffusersGenerator
from cohp.pipelines.host_copy import HostCopy
from cohp.pipelines.memory import default_device
from cohp.placement.telling import plan_text
from cohp.recipe import Recipe
from cohp.reward.hpsv3 import HPSv3

GB = 1e9
TINY = Path(__file__).parents[1] / "tests" / "pipelines"
WIDE_VAE: dict[str, Any] = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "norm_num_groups": 32,
}
UNET: dict[str, Any] = {
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 2,
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "norm_num_groups": 32,
    "sample_size": 128,
}
FLUX: dict[str, Any] = {
    "num_layers": 19,
    "num_single_layers": 38,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "axes_dims_rope": (16, 56, 56),
}


def main() -> None:
    """Print the plan and one line a figure."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--small", action="store_true", help="Tiny weights, on any machine.")
    options.add_argument("--memory", help="The budget; what is free without.")
    options.add_argument("--folder", type=Path, help="Where the weights are made, and stay.")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = asked.folder or Path(passing)
        recipe = made(folder, small=asked.small, memory=asked.memory)
        measure(recipe, Path(passing))
        swaps(folder / "flux" / "transformer", small=asked.small)


def made(folder: Path, *, small: bool, memory: str | None) -> Recipe:
    """Make the weights that are not there yet; return a recipe of them."""
    for name, kind in (("sdxl", "sdxl"), ("flux", "flux-dev")):
        if not (folder / name / "model_index.json").is_file():
            pipeline(kind, small=small).save_pretrained(folder / name)
    judge = folder / "judge"
    if not (judge / "model.safetensors").is_file():
        judge.mkdir(parents=True, exist_ok=True)
        weights("small" if small else "full", judge, torch.float32 if small else torch.bfloat16)
    side = 64 if small else 1024
    return compose(
        "a photo of a red fox sitting in the snow",
        models=[str(folder / name) for name in ("sdxl", "flux")],
        reward=f"hpsv3={judge}",
        memory=memory,
        seed=1,
        per_model=4,
        batch=4,
        rounds=2,
        steps=4 if small else 20,
        width=side,
        height=side,
    )


def pipeline(kind: str, *, small: bool) -> Any:  # noqa: ANN401 - one of diffusers'
    """Return a pipeline with random weights, which are drawn on the device."""
    sys.path.append(str(TINY))
    from tiny import fresh  # noqa: PLC0415 - the tests' own, from their folder

    tiny = fresh(kind)
    if small:
        return tiny
    name, denoiser, shape = ("unet", UNet2DConditionModel, UNET)
    if kind != "sdxl":
        name, denoiser, shape = ("transformer", FluxTransformer2DModel, FLUX)
    parts = dict(tiny.components)
    parts["vae"] = large(AutoencoderKL, parts["vae"].config, WIDE_VAE)
    if kind == "sdxl":
        parts["unet"] = large(denoiser, parts["unet"].config, shape)
        return type(tiny)(**parts)
    # Its latents are packed two by two.
    channels = 4 * int(parts["vae"].config.latent_channels)
    parts[name] = large(denoiser, parts[name].config, {**shape, "in_channels": channels})
    return type(tiny)(**parts)


def large(kind: Any, config: Any, shape: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return a part of a published shape in bfloat16, made on the device."""
    with torch.device(default_device()):
        torch.set_default_dtype(torch.bfloat16)
        try:
            return kind.from_config({**config, **shape}).eval().to("cpu")
        finally:
            torch.set_default_dtype(torch.float32)


def measure(recipe: Recipe, folder: Path) -> None:
    """Run a chain twice, the first time to load, and print how it went."""
    executor = LocalExecutor()
    plan = executor.plan([recipe])
    print(plan_text(plan))
    device = plan.spots[0].device
    with Engine(executor) as engine:
        before = resident()
        most = peak_of(lambda: run(engine, recipe, folder / "first"))
        with timed(DiffusersGenerator, "draw") as drawing, timed(HPSv3, "score") as scoring:
            took = clocked(lambda: run(engine, recipe, folder / "second"))
        busy = device_time(lambda: run(engine, recipe, folder / "third"), device)
        most = torch.cuda.max_memory_allocated(device) if "cuda" in device else most - before
    parts = sum(drawing) + sum(scoring)
    print(f"\nchain: {took:.2f} s; drawing {sum(drawing):.2f} s, scoring {sum(scoring):.2f} s")
    print(f"chain against the sum of its parts: {took / parts:.2f}")
    print("device idle share:", "-" if busy is None else f"{1 - busy:.0%}")
    print(f"peak of the plan: {most / GB:.2f} of {plan.peak(device) / GB:.2f} GB,", end=" ")
    print(f"{most / max(1, plan.peak(device)):.2f}")


def run(engine: Engine, recipe: Recipe, folder: Path) -> None:
    """Run the recipe in a new folder."""
    engine.run(recipe, out=folder)


@contextmanager
def timed(kind: type, name: str) -> Iterator[list[float]]:
    """Collect the seconds of each call of a method, the device's work included."""
    plain, seconds = getattr(kind, name), list[float]()

    def call(self: object, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        began = perf_counter()
        answers = list(plain(self, *given, **named))
        settle()
        seconds.append(perf_counter() - began)
        return answers

    setattr(kind, name, call)
    try:
        yield seconds
    finally:
        setattr(kind, name, plain)


def device_time(work: Callable[[], None], device: str) -> float | None:
    """Return the share of the time in which the device computes; None on a processor."""
    if "cuda" not in device:
        return None
    activities = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        took = clocked(work)
    busy = sum(event.self_device_time_total for event in profile.key_averages())
    return float(busy) / 1e6 / took


def swaps(part: Path, *, small: bool) -> None:
    """Time a denoiser's way from main memory to the device against a plain copy of its bytes."""
    device = torch.device(default_device())
    dtype = torch.float32 if small else torch.bfloat16
    denoiser = FluxTransformer2DModel.from_pretrained(str(part), dtype=dtype)
    size = sum(each.nbytes for each in denoiser.parameters())
    copy = HostCopy(denoiser)
    copy.leave()
    came = clocked(lambda: copy.arrive(device))
    copy.leave()
    plain = torch.empty(size, dtype=torch.uint8)
    plain = plain.pin_memory() if device.type == "cuda" else plain
    carried = clocked(lambda: plain.to(device, non_blocking=True, copy=True))
    print(f"swap of {size / GB:.3f} GB: {came:.4f} s; the bus carries it in {carried:.4f} s")


def clocked(work: Callable[[], object]) -> float:
    """Return the seconds of some work, to its end on the device."""
    settle()
    began = perf_counter()
    work()
    settle()
    return perf_counter() - began


def settle() -> None:
    """Wait for the device."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
