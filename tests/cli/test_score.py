"""`cohp score` and `cohp rewards`: the references' numbers from a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import cohp
from PIL import Image

GOLDEN = Path(__file__).parent.parent / "golden"
# Which number of a case is the reward's mean, and how far off it may be.
MEANS = {
    "hpsv3": ("mu", 1e-4),
    "hpsv3pp": ("mu", 1e-4),
    "hpsv2": ("score", 1e-5),
    "pickscore": ("score", 1e-4),
    "clip": ("cosine", 1e-5),
    "aesthetic": ("score", 1e-4),
    "imagereward": ("score", 1e-4),
    "mps": ("score", 1e-4),
}


def score(*words):
    result = cohp("score", *words, "--json")
    return result, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("name", MEANS)
def test_a_shell_gets_the_references_number(name):
    case = json.loads((GOLDEN / name / "manifest.json").read_text())["cases"][0]
    key, tolerance = MEANS[name]
    image = next((GOLDEN / "images").glob(f"{Path(case['image']).stem}*"))
    words = (image, "--prompt", case.get("prompt") or "", "--reward", f"{name}={GOLDEN / name}")
    result, (line,) = score(*words)
    assert result.exit_code == 0
    assert line.keys() == {"image", "prompt", "reward", "revision", "mean", "std"}
    assert (line["image"], line["reward"]) == (str(image), name)
    assert line["mean"] == pytest.approx(case["expected"][key], abs=tolerance)
    assert (line["std"] is not None) == name.startswith("hpsv3")


def test_a_bad_image_is_a_line_and_the_rest_are_scored(tmp_path):
    good = GOLDEN / "images/01_square.png"
    (tmp_path / "empty.png").write_bytes(b"")
    Image.new("RGB", (64, 64), "red").save(tmp_path / "plain.png")
    bad = [tmp_path / "empty.png", tmp_path / "none.png", tmp_path / "plain.png"]
    result, lines = score(bad[0], good, *bad[1:], good, "--prompt", "a fox", "--reward", "fake")
    assert result.exit_code == 5
    assert "3 of 5 scores could not be given" in result.stderr
    assert ["error" in line for line in lines] == [True, False, True, True, False]
    assert lines[1]["mean"] == lines[4]["mean"]
    assert "one colour" in lines[3]["error"]


def test_several_rewards_and_an_ensemble_judge_at_once():
    images = sorted((GOLDEN / "images").glob("0[1-4]*.png"))
    clip = f"clip={GOLDEN / 'clip'}"
    words = (*images, "--prompt", "a fox", "--reward", clip, "--reward", "fake")
    result, lines = score(*words)
    assert result.exit_code == 0
    assert [line["reward"] for line in lines] == ["clip", "fake"] * 4
    plain = cohp("score", *images, "--prompt", "a fox", "--reward", "fake").stdout.splitlines()
    assert plain[0].split() == ["fake", "image"]
    assert all("±" in line for line in plain[1:5])
    assert plain[5].endswith("mean of 4 images")


def test_an_ensemble_adds_its_members_up_for_each_image_alone():
    images = sorted((GOLDEN / "images").glob("0[1-4]*.png"))
    clip = f"clip={GOLDEN / 'clip'}"
    words = (
        "--prompt",
        "a fox",
        "--reward",
        f"fake*2+{clip}",
        "--reward",
        clip,
        "--reward",
        "fake",
    )
    _, lines = score(*images, *words)
    assert [line["reward"] for line in lines[:3]] == ["fake*2+clip", "clip", "fake"]
    # The usual spread of clip is 0.03 and of fake 1; fake counts twice.
    both, one, other = (line["mean"] for line in lines[:3])
    assert both == pytest.approx((2 * other + one / 0.03) / 3)
    _, alone = score(images[0], *words)
    assert alone == lines[:3]


@pytest.mark.parametrize(
    ("reward", "code", "said"),
    [
        ("hpsv4", 2, "Did you mean hpsv"),
        ("hpsv3", 3, "cohp rewards --get hpsv3"),
        ("hpsv3=", 2, "names no reward"),
        ("clip=nowhere", 3, "There is no "),
        ("hpsv3**2", 2, "names no reward"),
    ],
)
def test_a_reward_that_cannot_be_used_is_said_at_once(reward, code, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = GOLDEN / "images/01_square.png"
    result = cohp("score", image, "--prompt", "a fox", "--reward", reward)
    assert result.exit_code == code
    assert said in result.stderr
    generated = cohp("generate", "a fox", "--reward", reward, "--models", "fake-ink", "--quiet")
    assert generated.exit_code == code
    assert list(tmp_path.iterdir()) == []


def test_a_reward_is_described_and_listed():
    listed = cohp("rewards").output
    assert "hpsv3" in listed
    assert "16.6 GB" in listed
    told = cohp("rewards", "hpsv3").output
    assert "Apache-2.0" in told
    assert "MizzenAI/HPSv3" in told
    assert cohp("rewards", "hpsv").exit_code == 2
