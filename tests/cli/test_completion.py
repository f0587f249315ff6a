"""Shell completion knows the names."""

from __future__ import annotations

import pytest
from click.shell_completion import BashComplete

from cohp.cli import main


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
