"""What a person writes after --reward."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohp.errors import BadRecipe
from cohp.reward.wanted import Wanted, read


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("hpsv3", [("hpsv3", 1)]),
        ("hpsv3+pickscore", [("hpsv3", 1), ("pickscore", 1)]),
        ("hpsv3*2+pickscore", [("hpsv3", 2), ("pickscore", 1)]),
        ("hpsv3 * 0.5 + hpsv2.1*3", [("hpsv3", 0.5), ("hpsv2.1", 3)]),
        ("hpsv3++", [("hpsv3++", 1)]),
        ("hpsv3+++pickscore", [("hpsv3++", 1), ("pickscore", 1)]),
        ("pickscore+hpsv3++", [("pickscore", 1), ("hpsv3++", 1)]),
        ("hpsv3++*2+clip*1e-1", [("hpsv3++", 2), ("clip", 0.1)]),
    ],
)
def test_names_and_weights_are_read(text, members):
    assert read(text) == tuple(Wanted(name, weight) for name, weight in members)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("clip=here/there", Wanted("clip", place=Path("here/there"))),
        ("hpsv3++=a=b", Wanted("hpsv3++", place=Path("a=b"))),
        ("clip=/data/c+1/x", Wanted("clip", place=Path("/data/c+1/x"))),
        ("hpsv3:quantize=8bit", Wanted("hpsv3", options={"quantize": "8bit"})),
        (
            "hpsv3++*2:iter_step=0.5,batch=4=/w",
            Wanted("hpsv3++", 2.0, {"iter_step": 0.5, "batch": 4.0}, Path("/w")),
        ),
    ],
)
def test_options_and_folders_are_read(text, wanted):
    assert read(text) == (wanted,)
    assert read(str(wanted)) == read(str(read(str(wanted))[0]))


def test_each_of_several_has_its_own_folder_and_options():
    first, second = read("clip=/a/b+hpsv3*3:quantize=4bit=/c")
    assert first == Wanted("clip", place=Path("/a/b"))
    assert second == Wanted("hpsv3", 3.0, {"quantize": "4bit"}, Path("/c"))


def test_a_folder_is_written_so_that_it_means_the_same_anywhere():
    assert str(read("clip=here")[0]) == f"clip={Path('here').absolute()}"


@pytest.mark.parametrize(
    "text",
    ["", "*2", "a*", "a*b", "a*0", "a*-1", "a*nan", "a*inf", "a+a", "a*2+a", "a*2*3", "a=", "a:b"],
)
def test_what_names_no_reward_is_said(text):
    with pytest.raises(BadRecipe):
        read(text)


def test_a_name_with_a_hyphen_joins_wherever_it_stands():
    for text in ("mini-judge+fake", "fake+mini-judge", "fake+mini-judge*2"):
        assert {each.name for each in read(text)} == {"fake", "mini-judge"}
