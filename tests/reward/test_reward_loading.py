"""From the words after --reward to a loaded reward."""

from __future__ import annotations

import subprocess
import sys

import pytest
from golden_cases import GOLDEN, REWARDS, cases, scored

from cohp.errors import BadInput, BadRecipe, MissingWeights, UnknownName
from cohp.reward.combine import Parts
from cohp.reward.ensemble import Ensemble
from cohp.reward.loading import load, names, spread


@pytest.fixture(autouse=True)
def _nothing_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


@pytest.mark.parametrize("name", REWARDS)
def test_a_name_with_its_folder_is_loaded(name):
    reward = load(f"{name}:batch=2={GOLDEN / name}", device="cpu")
    assert type(reward._copy.reward) is REWARDS[name][0]
    assert scored(reward, cases(name)[:1]) == pytest.approx(
        [cases(name)[0]["expected"][REWARDS[name][1]]], abs=1e-4
    )


def test_an_ensemble_finds_each_members_folder():
    reward = load(f"pickscore*2={GOLDEN / 'pickscore'}+clip={GOLDEN / 'clip'}", device="cpu")
    assert isinstance(reward, Ensemble)
    case = cases("clip")[0]
    score = reward.score(prompts=[case["prompt"]], images=[_image(case)])[0]
    assert isinstance(score, Parts)
    assert score.members["clip"].mean == pytest.approx(case["expected"]["cosine"], abs=1e-5)


def _image(case):
    from cohp.reward.images import open_image  # noqa: PLC0415

    return open_image(GOLDEN / case["image"])


def test_a_reward_without_files_needs_none():
    assert load("fake", device="cpu").revision


def test_names_that_are_none_are_said():
    with pytest.raises(UnknownName, match="pickscore"):
        load("pikscore", device="cpu")
    with pytest.raises(UnknownName, match="pickscore"):
        load("fake+pikscore", device="cpu")
    with pytest.raises(BadRecipe):
        load("fake*0", device="cpu")
    with pytest.raises(BadInput):
        load("clip=", device="cpu")


def test_what_a_second_member_lacks_is_said_before_the_first_is_loaded():
    with pytest.raises(MissingWeights, match="hpsv3 is not on this machine"):
        load(f"clip={GOLDEN / 'clip'}+hpsv3", device="cpu")


@pytest.mark.parametrize("option", ["quantize=8bit", "quantize=4bit"])
def test_options_reach_the_reward_and_its_revision(option):
    plain = load(f"hpsv3={GOLDEN / 'hpsv3'}", device="cpu")
    small = load(f"hpsv3:{option}={GOLDEN / 'hpsv3'}", device="cpu")
    assert small.revision == f"{plain.revision}+{option.partition('=')[2]}"


@pytest.mark.parametrize("option", ["sharpness=2", "batch=many"])
def test_an_option_a_reward_does_not_take_is_refused(option):
    with pytest.raises(BadInput, match=f"clip does not take these options, .*: {option}"):
        load(f"clip:{option}={GOLDEN / 'clip'}", device="cpu")


def test_every_name_is_listed_without_torch():
    assert {"fake", "hpsv3", "hpsv3pp", "mps"} <= set(names())
    assert spread("hpsv2") < spread("hpsv3")
    assert spread("fake") == 1
    code = "import sys; from cohp.reward import loading; loading.names(); "
    code += "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
