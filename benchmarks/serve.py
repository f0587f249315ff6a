"""Many clients at a server of fake models: what they are answered, and how its memory grows.

python benchmarks/serve.py --clients 200 --seconds 60
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Thread

from cohp.errors import ServerRefused
from cohp.server.client import Client

PORT = 8399
SMALL = {"width": 64, "height": 64, "per_model": 2, "rounds": 2, "batch": 2, "reward": "fake"}
FULL = 429


def main() -> None:
    """Serve, ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "cohp", "serve", "--runs", runs, "--port", str(PORT)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:  # noqa: S603 - ours
            client = Client(f"http://127.0.0.1:{PORT}")
            _arrive(client)
            told = _load(client, server.pid, asked.clients, asked.seconds)
            server.terminate()
    for name, count in sorted(told.items()):
        print(f"{name:<32}{count:>8,}")


def _load(client: Client, pid: int, clients: int, seconds: float) -> Counter[str]:
    told: Counter[str] = Counter()
    begun: list[str] = []
    until = time.monotonic() + seconds
    threads = [Thread(target=_ask, args=(client, until, told, begun)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 3)
    told["MiB after a third"] = _memory(pid)
    for thread in threads:
        thread.join()
    told["MiB at the end"] = _memory(pid)
    for run in begun:
        told[f"runs {client.wait(run).state}"] += 1
    return told


def _ask(client: Client, until: float, told: Counter[str], begun: list[str]) -> None:
    """Begin runs and follow them until the time is up."""
    while time.monotonic() < until:
        try:
            run = client.start("a red fox", models=["fake-ink", "fake-wash"], **SMALL).id
            begun.append(run)
            client.wait(run)
            told["followed to the end"] += 1
        except ServerRefused as refused:
            told[f"answered {refused.status}"] += 1
            time.sleep(1 if refused.status == FULL else 0)


def _arrive(client: Client) -> None:
    while True:
        try:
            client.runs()
        except ServerRefused:
            time.sleep(0.2)
        else:
            return


def _memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(each.split()[1]) for each in lines if each.startswith("VmRSS")) // 1024


if __name__ == "__main__":
    main()
