"""What is free of main memory."""

from __future__ import annotations

import os
import re
from pathlib import Path

MEMINFO = Path("/proc/meminfo")


def free_host() -> int:
    """Return the bytes of main memory that could still be taken."""
    if MEMINFO.exists():
        # What the system could give up counts too: a file cache fills memory by design.
        available = re.search(r"MemAvailable:\s+(\d+) kB", MEMINFO.read_text("utf-8"))
        if available:
            return int(available[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
