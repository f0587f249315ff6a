"""Shell completion knows the names."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete

from cohp.cli import main
from cohp.commands.completing import WholeWords

BASH = shutil.which("bash")


@pytest.mark.parametrize(
    ("words", "typed", "found"),
    [
        ([], "gen", "generate"),
        (["generate", "fox"], "--per", "--per-model"),
        (["generate", "fox", "--models"], "fake-i", "fake-ink"),
        (["generate", "fox", "--models"], "fake-ink,fake-w", "fake-ink,fake-wash"),
        (["generate", "fox", "--models"], "fake-ink,sdxl:quant", "fake-ink,sdxl:quantize="),
        (["generate", "fox", "--models"], "sdxl:fp8=true:til", "sdxl:fp8=true:tiling="),
        (["generate", "fox", "--reward"], "fak", "fake"),
        (["generate", "fox", "--recipe"], "ref", "reference"),
    ],
)
def test_names_are_completed(words, typed, found):
    complete = BashComplete(main, {}, "cohp", "_COHP_COMPLETE")
    assert found in [item.value for item in complete.get_completions(words, typed)]


@pytest.mark.parametrize(
    ("typed", "piece"),
    [
        ("sdxl:quant", "quantize="),  # bash has the colon and what is before it already
        ("fake-ink,sdxl:quant", "quantize="),
        ("--models=sdxl:quant", "quantize="),
        ("--models=fake-i", "fake-ink"),
        ("fake-i", "fake-ink"),
        ("sdxl:quantize=int8:til", "tiling="),
    ],
)
def test_bash_is_given_the_piece_it_completes(monkeypatch, typed, piece):
    option = [] if typed.startswith("--") else ["--models"]
    monkeypatch.setenv("COMP_LINE", " ".join(["cohp", "generate", "'a fox'", *option, typed]))
    assert f"plain,{piece}" in WholeWords(main, {}, "cohp", "_COHP_COMPLETE").complete()


@pytest.mark.skipif(BASH is None, reason="there is no bash here")
def test_bash_itself_completes_a_model_with_an_option(tmp_path):
    cohp = tmp_path / "cohp"
    cohp.write_text(f"#!{sys.executable}\nfrom cohp.cli import main\nmain()\n")
    cohp.chmod(0o755)
    (tmp_path / "source").write_text(WholeWords(main, {}, "cohp", "_COHP_COMPLETE").source())
    line = "cohp generate fox --models sdxl:quant"
    script = f"""
        source {tmp_path}/source
        COMP_LINE='{line} --seed 1' COMP_POINT={len(line)}
        COMP_WORDS=(cohp generate fox --models sdxl : quant --seed 1) COMP_CWORD=6
        _cohp_completion {cohp}
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run([BASH, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["quantize="]
