"""Names for the objects of diffusers, which are untyped: a name says what is meant by `Any`."""

from __future__ import annotations

from typing import Any

Pipe = Any
Scheduler = Any
Vae = Any
Module = Any
# The named arguments of a call of theirs, and whatever such a call returns.
Arguments = dict[str, Any]
Result = Any
