"""A real server in a process of its own, to be killed."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager

from cohp.errors import ServerRefused
from cohp.server.client import Client


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving_process(runs, port):
    command = [sys.executable, "-m", "cohp", "serve", "--runs", str(runs), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        client = Client(f"http://127.0.0.1:{port}")
        while process.poll() is None:
            try:
                client.runs()
                break
            except ServerRefused:
                time.sleep(0.2)
        yield process, client
        process.kill()
