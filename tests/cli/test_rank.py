"""`cohp rank` and `cohp compare`: the best of many, and the better of two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import cohp
from PIL import Image

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.fixture
def album(tmp_path):
    """Three pictures, the cleanest last."""
    for number, grain in enumerate((90, 40, 5)):
        Image.effect_noise((64, 64), grain).save(tmp_path / f"{number}.png")
    return tmp_path


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def names(result):
    return [Path(line["image"]).name for line in lines(result)]


def test_the_best_are_ranked_and_copied(album):
    words = ("rank", album, "--prompt", "a fox", "--top", 2, "--copy-to", album / "best", "--json")
    result = cohp(*words)
    assert result.exit_code == 0
    assert names(result) == ["2.png", "1.png"]
    assert [Path(line["copy"]).name for line in lines(result)] == ["1-2.png", "2-1.png"]
    assert lines(result)[1]["behind"] > 0.5
    assert sorted(path.name for path in (album / "best").iterdir()) == ["1-2.png", "2-1.png"]


def test_a_bad_image_is_said_and_the_rest_are_ranked(album):
    (album / "1.png").write_bytes(b"")
    result = cohp("rank", album, "--prompt", "a fox")
    assert result.exit_code == 5
    assert "1.png is empty" in result.stderr
    assert "No score, and so no place, for 1 image" in result.stderr
    head, first, second = result.stdout.splitlines()
    assert "first preferred" in head
    assert first.split()[0] == "1"
    assert second.endswith("0.png")


def test_several_rewards_and_prompts_and_groups(album):
    clip = f"clip={GOLDEN / 'clip'}"
    words = ("rank", album, "--prompt", "a fox", "--prompt", "a hare")
    result = cohp(*words, "--reward", "fake*9", "--reward", clip, "--combine", "ranks", "--json")
    assert [line["group"] for line in lines(result)] == ["a fox"] * 3 + ["a hare"] * 3
    assert {line["reward"] for line in lines(result)} == {"fake*9+clip"}
    table = cohp(*words, "--top", 1).stdout
    assert "\na hare\n" in table
    assert len(lines(cohp(*words, "--group", "all", "--json", "--top", 4))) == 4


def test_a_column_of_the_file_may_group(album):
    rows = [
        {"image": f"{n}.png", "prompt": "a fox", "style": "ink" if n else "oil"} for n in range(3)
    ]
    (album / "p.jsonl").write_text("\n".join(map(json.dumps, rows)))
    words = ("rank", "--prompts", album / "p.jsonl", "--json")
    result = cohp(*words, "--group", "style", "--top", 1)
    assert [line["group"] for line in lines(result)] == ["oil", "ink"]
    refused = cohp(*words, "--group", "stile")
    assert refused.exit_code == 2
    assert "Did you mean style" in refused.stderr


def test_a_place_for_copies_that_cannot_be_is_said_first(album):
    result = cohp("rank", album, "--prompt", "a fox", "--copy-to", album / "none/best")
    assert result.exit_code == 2
    assert "There is no folder" in result.stderr


def test_two_images_are_compared_by_each_reward(album):
    hpsv3 = f"hpsv3={GOLDEN / 'hpsv3'}"
    words = ("compare", album / "0.png", album / "2.png", "--prompt", "a fox")
    result = cohp(*words, "--reward", "fake", "--reward", hpsv3)
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.startswith("fake prefers B by")
    assert "its deviation takes" in second
    (told,) = lines(cohp(*words, "--json"))
    assert told["certain"] < told["probability"] < 0.5
    assert told["b"] == str(album / "2.png")


def test_what_cannot_be_compared_is_refused(album):
    for words, said in (
        ((album / "0.png", album / "none.png", "--prompt", "a fox"), "no image file"),
        ((album / "0.png", album / "1.png"), "has no prompt"),
    ):
        result = cohp("compare", *words)
        assert result.exit_code == 2
        assert said in result.stderr
    for number in (0, 1):
        (album / f"{number}.txt").write_text(f"prompt {number}")
    result = cohp("compare", album / "0.png", album / "1.png")
    assert "different prompts" in result.stderr
