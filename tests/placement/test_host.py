"""What is free of main memory: the machine's, and in a container no more than it is given."""

from __future__ import annotations

import pytest

from cohp.placement import host

MB = 1 << 20


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with 8 GB available whose control groups are what a test writes."""
    for name in ("MEMINFO", "MEMBERSHIP", "GROUPS"):
        monkeypatch.setattr(host, name, tmp_path / name.lower())
    host.MEMINFO.write_text(f"MemTotal: 1 kB\nMemAvailable: {8 * 1024 * 1024} kB\n")

    def write(**groups):
        for path, files in groups.items():
            folder = host.GROUPS / path.replace("__", "/").strip("/")
            folder.mkdir(parents=True, exist_ok=True)
            for name, value in files.items():
                (folder / name.replace("memory_", "memory.")).write_text(f"{value}\n")

    return write


def group(most, taken, files=0):
    stat = f"anon 5\ninactive_file {files}\nfile 9"
    return {"memory_max": most, "memory_current": taken, "memory_stat": stat}


def test_without_groups_it_is_what_the_system_has(machine):
    machine()
    assert host.free_host() == 8192 * MB


def test_a_container_has_what_its_limit_leaves_and_files_do_not_count(machine):
    host.MEMBERSHIP.write_text("0::/\n")
    machine(__=group(1024 * MB, 600 * MB, files=100 * MB))
    assert host.free_host() == 524 * MB


def test_the_limit_of_a_group_above_holds_too(machine):
    host.MEMBERSHIP.write_text("0::/jobs/mine\n")
    machine(jobs=group(512 * MB, 500 * MB), jobs__mine=group("max", 5 * MB))
    assert host.free_host() == 12 * MB


def test_a_limit_beyond_the_machine_is_none(machine):
    host.MEMBERSHIP.write_text("0::/\n")
    machine(__=group(1 << 62, 5 * MB))
    assert host.free_host() == 8192 * MB


def test_more_taken_than_allowed_leaves_nothing(machine):
    host.MEMBERSHIP.write_text("0::/\n")
    machine(__=group(5 * MB, 6 * MB))
    assert host.free_host() == 0


def test_the_older_groups_are_asked_where_they_are(machine):
    host.MEMBERSHIP.write_text("4:cpu:/x\n3:cpuset,memory:/docker/abc\n")
    machine(
        memory={
            "memory_limit_in_bytes": 256 * MB,
            "memory_usage_in_bytes": 200 * MB,
            "memory_stat": f"inactive_file 1\ntotal_inactive_file {50 * MB}",
        }
    )
    assert host.free_host() == 106 * MB


def test_what_this_process_holds_is_counted(tmp_path, monkeypatch):
    assert host.held() > MB
    monkeypatch.setattr(host, "STATUS", tmp_path / "none")
    assert host.held() == 0
