"""Image generators: the protocol, and one file per kind."""

from __future__ import annotations

from cohp import catalogue, registry
from cohp.pipelines.base import Generator


def load(name: str) -> Generator:
    """Load the model called `name`."""
    model = catalogue.find(name)
    generator: Generator = registry.find("generator", model.generator)(model)
    return generator
