"""The versions a run's images depend on, as the journal keeps them."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("cohp", "torch", "diffusers", "transformers", "numpy", "pillow")


@cache
def versions() -> dict[str, str]:
    """Return the installed version of Python and of each package that shapes an image."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
