"""`cohp serve`: its options are the server's settings, and what is missing is said."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cohp.cli import main

MADE_UP = "secret"


@pytest.fixture
def served(monkeypatch):
    apps = []
    monkeypatch.setattr("cohp.server.serving.serve", lambda app, *_: apps.append(app))
    monkeypatch.delenv("COHP_TOKEN", raising=False)
    return apps


def serve(runs, *options, **variables):
    return CliRunner(env=variables).invoke(main, ["serve", "--runs", str(runs), *options])


def test_options_are_settings(served, tmp_path):
    told = serve(tmp_path, "--models", "fake-ink,fake-wash", "--reward", "fake", "--queue", "3")
    assert told.exit_code == 0, told.output
    settings = served[0].state.house.settings
    assert settings.defaults == {"models": ["fake-ink", "fake-wash"], "reward": "fake"}
    assert (settings.room, settings.token, settings.host) == (3, None, "127.0.0.1")


def test_beyond_this_machine_a_token_is_needed(served, tmp_path):
    told = serve(tmp_path, "--host", "0.0.0.0")  # noqa: S104 - refused
    assert told.exit_code == 2
    assert "COHP_TOKEN" in told.output
    assert serve(tmp_path, "--host", "::", COHP_TOKEN=MADE_UP).exit_code == 0
    assert served[0].state.house.settings.token == MADE_UP


def test_a_missing_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("cohp.commands.serve.find_spec", lambda _: None)
    told = serve(tmp_path)
    assert told.exit_code == 3
    assert "pip install 'cohp[server]'" in told.output
