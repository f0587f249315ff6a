"""What is free of main memory, in a container no more than it is given."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
STATUS = Path("/proc/self/status")
# Which control groups this process is in, and where they are mounted.
MEMBERSHIP = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class _Version:
    """Where one version of control groups says what a group may take, and takes."""

    mount: str
    most: str
    taken: str
    # Of `memory.stat`: files it would give up before it runs out.
    files: str


UNIFIED = _Version("", "memory.max", "memory.current", "inactive_file")
LEGACY = _Version("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def free_host() -> int:
    """Return the bytes of main memory that could still be taken."""
    return min([_available(), *_left_to_groups()])


def held() -> int:
    """Return the bytes this process has taken, without files' pages; 0 where that is not told."""
    found = re.search(r"RssAnon:\s+(\d+) kB", STATUS.read_text()) if STATUS.exists() else None
    return int(found[1]) * 1024 if found else 0


def _available() -> int:
    if MEMINFO.exists():
        # What the system could give up counts too: a file cache fills memory by design.
        available = re.search(r"MemAvailable:\s+(\d+) kB", MEMINFO.read_text("utf-8"))
        if available:
            return int(available[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4


def _left_to_groups() -> Iterator[int]:
    """Yield what is left to each group this process is in that has a limit."""
    lines = MEMBERSHIP.read_text("utf-8").splitlines() if MEMBERSHIP.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        version = LEGACY if controllers else UNIFIED
        mount = GROUPS / version.mount
        group = mount / path.lstrip("/")
        # A limit holds for all groups below; inside a container the upper ones are out of sight.
        for folder in (group, *group.parents):
            if folder.is_relative_to(mount) and (folder / version.most).exists():
                yield from _left(folder, version)


def _left(folder: Path, version: _Version) -> Iterator[int]:
    most = (folder / version.most).read_text("utf-8").strip()
    if most == "max":
        return
    taken = int((folder / version.taken).read_text("utf-8"))
    stat = (folder / "memory.stat").read_text("utf-8")
    files = re.search(rf"^{version.files} (\d+)$", stat, re.MULTILINE)
    yield max(0, int(most) - taken + (int(files[1]) if files else 0))
