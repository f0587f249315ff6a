"""The C library's heap on Linux: its free parts go back, and all threads share one if they must.

As glibc has it, each thread that computes has a heap of its own and holds on to what it has freed.
That is fast, and takes up to a quarter more than what is planned for. Other C libraries have no
such calls, and keep little.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

LIBC: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
# glibc's number for the option that people set by this variable.
HEAPS, VARIABLE = -8, "MALLOC_ARENA_MAX"


def share() -> None:
    """Have threads that are yet to come share one heap, unless somebody has said otherwise."""
    if hasattr(LIBC, "mallopt") and VARIABLE not in os.environ:
        LIBC.mallopt(HEAPS, 1)


def trim() -> None:
    """Give the system all that is free."""
    if hasattr(LIBC, "malloc_trim"):
        LIBC.malloc_trim(0)
