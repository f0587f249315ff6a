"""Ctrl-C in this process: the first asks, the second stops at once."""

from __future__ import annotations

import signal

import pytest
from command import cohp

from cohp.commands import working
from cohp.commands.stopping import stop_after_batch


@pytest.fixture
def _heeding():
    """A shell has what it starts in the background ignore Ctrl-C."""
    found = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, found)


@pytest.mark.usefixtures("_heeding")
def test_the_first_signal_asks_and_the_second_interrupts():
    before = signal.getsignal(signal.SIGINT)
    with stop_after_batch() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_stopped_at_once_exits_as_shells_expect(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(working.Engine, "run", interrupted)
    result = cohp("generate", "a fox", "--models", "fake-ink", "--out", tmp_path / "run")
    assert result.exit_code == 130
    assert "cohp resume" in result.stderr
