"""The C library's heap on Linux: one for all threads, whose free parts go back after each batch.

As glibc has it by itself, each thread that computes has a heap of its own and holds on to what it
has freed, so that the process takes up to a quarter more than what is planned for. Other C
libraries have no such calls, and keep little.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

LIBC: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
# Each by the variable in which people set it and the number that glibc knows it by.
OPTIONS = {
    ("MALLOC_ARENA_MAX", -8): 1,
    # What one operation has freed is there for the next, until `trim`.
    ("MALLOC_TRIM_THRESHOLD_", -1): 1 << 30,
    ("MALLOC_MMAP_THRESHOLD_", -3): 32 << 20,
}


def share() -> None:
    """Have threads that are yet to come share one heap, unless somebody has said otherwise."""
    if hasattr(LIBC, "mallopt"):
        for (variable, number), value in OPTIONS.items():
            if variable not in os.environ:
                LIBC.mallopt(number, value)


def trim() -> None:
    """Give the system all that is free."""
    if hasattr(LIBC, "malloc_trim"):
        LIBC.malloc_trim(0)


# The threads in which torch computes come early.
share()
