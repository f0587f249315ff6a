"""Image generators: the protocol, and one file per kind."""

from __future__ import annotations

from cohp import registry
from cohp.naming import resolve
from cohp.pipelines.base import Generator
from cohp.pipelines.prepared import locate, prepare
from cohp.placement.need import Stay


def require(name: str) -> None:
    """Raise where what a model needs is not here, or it cannot do what is asked; load nothing."""
    model = resolve(name)
    if model.generator == "diffusers":
        prepare(model)
    elif model.origin == "hosted":
        load(name).close()
    elif model.origin != "built in":
        locate(model)


def load(name: str, device: str | None = None, stay: Stay = "whole") -> Generator:
    """Load the model that `name` means, on a device and held there as `stay` says."""
    model = resolve(name)
    kind = registry.find("generator", model.generator)
    # What a service draws, and what a plug-in does, is held where they like.
    placed = {"device": device, "stay": stay} if model.generator == "diffusers" else {}
    generator: Generator = kind(model, **placed)
    return generator
