"""An image that carries its prompt: in a text beside it, in our chunk, in other tools' infotext."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pictures import picture
from PIL import Image

from cohp.errors import BadInput
from cohp.measure.items import Item
from cohp.measure.prompt_of import prompt_of

OURS = json.dumps({"lineage": [{"prompt": "first"}, {"prompt": "a fox\nat dawn"}]})
THEIRS = "a hare,\nat noon\nNegative prompt: blurry\nSteps: 20, Seed: 1"


def own(path: Path, prompt=None) -> str:
    return prompt_of(Item(path, path.name, prompt), path.read_bytes())


def test_our_chunk_comes_before_other_tools(tmp_path):
    path = picture(tmp_path / "x.png", cohp=OURS, parameters=THEIRS)
    assert own(path) == "a fox\nat dawn"


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (THEIRS, "a hare,\nat noon"),
        ("a hare\nSteps: 20", "a hare"),
        ("a hare", "a hare"),
        ("Steps: 20, Seed: 1", ""),
        ("count Steps: 3 of them\nSteps: 20", "count Steps: 3 of them"),
    ],
)
def test_the_infotext_is_read_up_to_its_settings(tmp_path, text, prompt):
    assert own(picture(tmp_path / "x.png", parameters=text)) == prompt


def test_a_text_beside_the_image_comes_first_and_one_elsewhere_may_be_named(tmp_path):
    path = picture(tmp_path / "x.png", parameters=THEIRS)
    (tmp_path / "x.txt").write_text("\ufeff a bear \n", "utf-8")
    (tmp_path / "y.txt").write_text("an owl", "utf-8")
    assert own(path) == "a bear"
    assert own(path, tmp_path / "y.txt") == "an owl"


def test_a_picture_in_memory_may_carry_its_prompt(tmp_path):
    image = Image.open(picture(tmp_path / "x.png", parameters=THEIRS))
    assert prompt_of(Item(image, "image 1"), image) == "a hare,\nat noon"


def test_what_carries_none_or_a_broken_one_is_said(tmp_path):
    for name in ("x.png", "x.jpg"):
        with pytest.raises(BadInput, match=f"{name} has no prompt: .*--prompts"):
            own(picture(tmp_path / name))
    with pytest.raises(BadInput, match=r"broken.png: The recipe inside it is damaged"):
        own(picture(tmp_path / "broken.png", cohp='{"lineage": []}'))
    path = picture(tmp_path / "z.png")
    for content, said in ((b"caf\xe9", "not UTF-8"), (b"x" * 70_000, "too long to be a prompt")):
        (tmp_path / "z.txt").write_bytes(content)
        with pytest.raises(BadInput, match=said):
            own(path)
    with pytest.raises(BadInput, match="cannot be read as a prompt: No such file"):
        own(path, tmp_path / "none.txt")
