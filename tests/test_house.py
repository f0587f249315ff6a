"""What holds of the whole house: a quick start, a lazy face, plug-ins, fresh documents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cohp
from cohp import pipelines
from cohp.executors.local import LocalExecutor

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "diffusers", "transformers", "numpy", "PIL", "pydantic", "rich")


def python(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("code", ["import cohp.cli", "import cohp; dir(cohp)"])
def test_starting_imports_nothing_heavy(code):
    told = python("-c", f"import sys; {code}; print(*sys.modules)")
    assert told.returncode == 0, told.stderr
    loaded = {name.partition(".")[0] for name in told.stdout.split()}
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize(
    "words",
    [["--help"], ["models"], ["rewards"], ["recipes"], ["bench", "--help"], ["export", "--help"]],
)
def test_help_and_lists_never_import_torch(words):
    code = (
        "import sys; from click.testing import CliRunner; from cohp.cli import main;"
        f"r = CliRunner().invoke(main, {words!r}); assert r.exit_code == 0, r.output;"
        "print(*(name for name in sys.modules if name in ('torch', 'diffusers', 'transformers')))"
    )
    told = python("-c", code)
    assert (told.returncode, told.stdout.strip()) == (0, ""), told.stderr


def test_every_public_name_is_there_and_sorted():
    assert cohp.__all__ == sorted(cohp.__all__)
    for name in cohp.__all__:
        assert getattr(cohp, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cohp.nothing


def test_the_library_in_five_lines(tmp_path):
    events = []
    result = cohp.generate(
        "a red fox at dawn",
        models=["fake-ink"],
        rounds=1,
        width=64,
        height=64,
        out=tmp_path / "run",
        on_event=events.append,
    )
    assert result.image.size == (64, 64)
    assert result.model == "fake-ink"
    assert result.score == result.lineage[-1].score
    assert result.save(tmp_path / "fox.png").read_bytes() == result.path.read_bytes()
    assert cohp.resume(result.run, rounds=2).shots == result.shots + 4
    assert {type(event).__name__ for event in events} >= {"Started", "ImageDone", "Finished"}


def test_an_engine_keeps_its_models_loaded(tmp_path):
    loaded = []

    def load(name):
        loaded.append(name)
        return pipelines.load(name)

    options = {"models": ["fake-ink"], "rounds": 1, "width": 64, "height": 64}
    with cohp.Engine(LocalExecutor(load)) as engine:
        for number in range(2):
            engine.generate("a fox", out=tmp_path / str(number), **options)
    assert loaded == ["fake-ink"]


def test_an_installed_plugin_judges_images(tmp_path):
    site = tmp_path / "site"
    installed = python(
        *("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--target", str(site), str(ROOT / "examples/plugin")),
    )
    assert installed.returncode == 0, installed.stderr
    words = ("a fox", "--reward", "brightness", "--models", "fake-ink", "--size", "64", "--json")
    told = python(
        *("-m", "cohp", "generate", *words, "--out", str(tmp_path / "run")),
        PYTHONPATH=os.pathsep.join([str(site), str(ROOT)]),
    )
    assert told.returncode == 0, told.stderr
    score = json.loads(told.stdout)["score"]
    assert 0 < score["mean"] <= 255
    assert score["std"] is None


def test_the_command_reference_is_fresh():
    told = python("docs/write_cli.py", "--check")
    assert told.returncode == 0, told.stderr
