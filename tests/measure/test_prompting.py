"""Each image gets the prompt that was meant for it; what has none is said, the rest goes on."""

from __future__ import annotations

import json

import pytest
from pictures import picture

from cohp.errors import BadInput
from cohp.measure.prompting import listing


@pytest.fixture
def album(tmp_path):
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        picture(tmp_path / name)
    return tmp_path


def pairs(root, asked):
    return [
        (item.name.removeprefix(f"{root}/"), item.prompt) for item in asked if item.error is None
    ]


def errors(asked):
    return [item.error for item in asked if item.error is not None]


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_prompt_is_for_every_image_and_several_are_each_for_all(album):
    assert pairs(album, listing([album / "a"], ["fox"])) == [("a/1.png", "fox"), ("a/2.png", "fox")]
    asked = listing([album / "a/1.png", album / "b"], ["fox", "hare"])
    assert pairs(album, asked) == [
        ("a/1.png", "fox"),
        ("a/1.png", "hare"),
        ("b/1.png", "fox"),
        ("b/1.png", "hare"),
    ]
    assert asked.count() == 4


def test_without_any_each_image_has_its_own(album):
    assert pairs(album, listing([album])) == [
        ("a/1.png", None),
        ("a/2.png", None),
        ("b/1.png", None),
    ]


def test_a_folder_of_texts_is_matched_by_name(album):
    asked = listing([album / "a"], source=album / "b")
    assert pairs(album, asked) == [
        ("a/1.png", album / "b/1.txt"),
        ("a/2.png", album / "b/2.txt"),
    ]


def test_a_file_may_name_its_images_beside_itself(album, monkeypatch):
    source = write(
        album / "a/p.jsonl",
        {"file_name": "1.png", "text": "fox", "style": "ink"},
        {"file_name": str(album / "b/1.png"), "text": "hare"},
        {"file_name": "b/1.png", "text": "owl"},
    )
    monkeypatch.chdir(album)
    asked = listing([], source=source)
    assert pairs(album, asked) == [("a/1.png", "fox"), ("b/1.png", "hare"), ("b/1.png", "owl")]
    assert next(iter(asked)).values["style"] == "ink"


def test_rows_that_lack_something_are_said_with_their_line(album):
    source = write(
        album / "p.jsonl",
        {"image": "a/1.png", "prompt": "fox"},
        {"image": "a/1.png"},
        {"prompt": "hare"},
        {"image": "a/1.png", "prompt": 7},
        {"image": "a/1.png", "prompt": "fox"},
        3,
    )
    asked = listing([], source=source)
    assert pairs(album, asked) == [("a/1.png", "fox")]
    assert errors(asked) == [
        f"{source}, line 2: it has no prompt.",
        f"{source}, line 3: it names no image.",
        f"{source}, line 4: its prompt is no text.",
        f"{source}, line 5: a/1.png stands with its prompt at 1 too.",
        f"{source}, line 6: it is neither a prompt nor an object.",
    ]


def test_images_are_matched_by_path_and_then_by_name(album):
    source = write(
        album / "p.jsonl",
        {"image": "a/1.png", "prompt": "fox"},
        {"image": "a/1.png", "prompt": "vixen"},
        {"image": "2.png", "prompt": "hare"},
        {"prompt": "owl"},
    )
    asked = listing([album / "a", album / "b"], source=source)
    assert pairs(album, asked) == [("a/1.png", "fox"), ("a/1.png", "vixen"), ("a/2.png", "hare")]
    assert errors(asked) == [
        f"{source}, line 4: it names no image.",
        f"{source} has no prompt for {album / 'b/1.png'}.",
    ]


def test_a_name_that_several_images_have_is_matched_to_none(album):
    source = write(album / "p.jsonl", {"image": "1.png", "prompt": "fox"})
    asked = listing([album], source=source)
    assert pairs(album, asked) == []
    assert sum("1.png, and there are several" in said for said in errors(asked)) == 2


def test_prompts_without_names_go_by_order_and_a_broken_one_costs_its_image(album):
    source = album / "p.txt"
    source.write_text("fox\n\nowl\n")
    asked = listing([album], source=source)
    assert pairs(album, asked) == [("a/1.png", "fox"), ("b/1.png", "owl")]
    assert errors(asked) == [f"{source}, line 2: it is empty."]


def test_more_prompts_and_more_images_are_each_said(album):
    (album / "empty").mkdir()
    source = album / "p.txt"
    source.write_text("fox\nhare\nowl\nbear\n")
    more = listing([album / "empty", album], source=source)
    assert len(pairs(album, more)) == 3
    assert "holds no images" in errors(more)[0]
    assert errors(more)[1] == (
        f"{source}, line 4: there is no image left for it: there are more prompts than images."
    )
    source.write_text("fox\n")
    fewer = listing([album], source=source)
    assert len(pairs(album, fewer)) == 1
    assert ["has no prompt left for" in said for said in errors(fewer)] == [True, True]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no row"),
        ('{"image": "1.png"}\n', "no column of prompts, only image"),
        ("3\n", "no row"),
    ],
)
def test_a_file_without_prompts_is_refused(album, content, said):
    (album / "p.jsonl").write_text(content)
    with pytest.raises(BadInput, match=said):
        listing([album], source=album / "p.jsonl")


def test_what_makes_no_sense_is_refused(album):
    for places, prompts, source, said in (
        ([album], ["fox"], album, "--prompt or --prompts"),
        ([], ["fox"], None, "Name images"),
        ([], [], album, "Name images"),
        ([album], [], album / "none", "There is no"),
    ):
        with pytest.raises(BadInput, match=said):
            listing(places, prompts, source)
    source = album / "p.txt"
    source.write_text("fox\n")
    with pytest.raises(BadInput, match="Name images"):
        listing([], source=source)
