"""Image generators: the protocol, and one file per kind."""

from __future__ import annotations

from cohp import registry
from cohp.naming import resolve
from cohp.pipelines.base import Generator
from cohp.pipelines.prepared import locate, prepare


def require(name: str) -> None:
    """Raise where what a model needs is not here, or it cannot do what is asked; load nothing."""
    model = resolve(name)
    if model.generator == "diffusers":
        prepare(model)
    elif model.origin == "hosted":
        load(name).close()
    elif model.origin != "built in":
        locate(model)


def load(name: str) -> Generator:
    """Load the model that `name` means."""
    model = resolve(name)
    generator: Generator = registry.find("generator", model.generator)(model)
    return generator
