"""Image generators: the protocol, and one file per kind."""

from __future__ import annotations

from cohp import registry
from cohp.naming import resolve
from cohp.pipelines.base import Generator
from cohp.pipelines.loading import locate


def require(name: str) -> None:
    """Raise `MissingWeights` where the model's files are not on this machine."""
    model = resolve(name)
    if model.origin in {"hub", "folder", "file"}:
        locate(model)


def load(name: str) -> Generator:
    """Load the model that `name` means."""
    model = resolve(name)
    generator: Generator = registry.find("generator", model.generator)(model)
    return generator
