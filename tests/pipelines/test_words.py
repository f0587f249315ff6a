"""What a prompt becomes before the first step."""

from drawing import PROMPT
from tiny import tiny

from cohp.pipelines.families import family_of
from cohp.pipelines.families.words import Words


def test_pixart_keeps_no_more_padding_than_the_longer_of_its_prompts_needs():
    pipe = tiny("pixart")
    told = family_of(pipe).encode(pipe, Words(PROMPT, "blurred and far away", guided=True))
    read = [int(told[name].sum()) for name in told if name.endswith("mask")]
    assert len(told) == 4
    assert {value.shape[1] for value in told.values()} == {max(read)}
