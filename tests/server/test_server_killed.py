"""A real server, killed in the middle of twenty runs: the next one finishes them all alike."""

from __future__ import annotations

import os
import signal
import socket
import time

from killing import free_port, serving_process
from serving import DEFAULTS

from cohp.engine import Engine
from cohp.record.folder import RunFolder

PROMPTS = [f"a fox in scene {number}" for number in range(20)]
RECIPE = {**DEFAULTS, "rounds": 5, "batch": 4}
PLANNED = 2 * 2 + 5 * 4


def test_killed_in_the_middle(tmp_path):
    port = free_port()
    runs = tmp_path / "runs"
    with serving_process(runs, port) as (process, client):
        begun = client.batch(PROMPTS, **RECIPE)
        # Who asks for events and never reads them holds nobody up.
        slow = socket.create_connection(("127.0.0.1", port))
        path = f"/api/runs/{begun[0].id}/events"
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        while sum(each.done for each in client.runs()) < PLANNED:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        slow.close()
    before = {each.id: RunFolder(runs / each.id).entries for each in begun}
    assert PLANNED <= sum(map(len, before.values())) < PLANNED * len(begun)

    with serving_process(runs, port) as (process, client), Engine() as engine:
        for each, prompt in zip(begun, PROMPTS, strict=True):
            seen = client.wait(each.id)
            assert (seen.state, seen.done, seen.prompt) == ("finished", PLANNED, prompt)
            alone = engine.generate(prompt, out=tmp_path / each.id, **RECIPE)
            assert seen.lineage == [one.shot.id for one in alone.verdict.lineage]
            kept = RunFolder(runs / each.id).entries
            assert before[each.id].items() <= kept.items()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in {0, -signal.SIGTERM}
