"""The command line with models of every kind: lists, options, resuming and replaying with them."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner
from PIL import Image
from tiny import tiny

from cohp.cli import main
from cohp.record.folder import RunFolder

SMALL = ("--size", "64", "--per-model", "1", "--batch", "1", "--steps", "4", "--seed", "1")


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    """Return the folder of a pipeline with a comma and a space in its name."""
    folder = tmp_path_factory.mktemp("models") / "fox, red"
    tiny("sd15").save_pretrained(folder)
    return folder


def cohp(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def models_of(run):
    return [each.name for each in RunFolder(run).recipe.models]


def pictures(run):
    folder = RunFolder(run)
    return [Image.open(folder.image(each)).tobytes() for each in folder.entries.values()]


def test_models_come_in_a_list_or_one_by_one(fox, tmp_path):
    asked = f"{fox}:match_colours=true"
    listed = ("--models", f"{asked},fake-ink", "--models", "fake-wash")
    cohp("generate", "a fox", *listed, *SMALL, "--rounds", 1, "--out", tmp_path / "run")
    assert models_of(tmp_path / "run") == [asked, "fake-ink", "fake-wash"]


def test_a_resumed_and_a_replayed_run_draw_with_the_same_options(fox, tmp_path):
    asked, run = f"{fox}:match_colours=true:scheduler.steps_offset=0", tmp_path / "run"
    cohp("generate", "a fox", "--models", asked, *SMALL, "--rounds", 1, "--out", run)
    cohp("resume", run, "--rounds", 2)
    whole = tmp_path / "whole"
    cohp("generate", "a fox", "--models", asked, *SMALL, "--rounds", 2, "--out", whole)
    assert pictures(run) == pictures(whole)
    assert "identical" in cohp("replay", run / "best.png").output
    plain = tmp_path / "plain"
    cohp("generate", "a fox", "--models", fox, *SMALL, "--rounds", 1, "--out", plain)
    assert pictures(run)[0] not in pictures(plain)


def test_a_model_that_cannot_be_loaded_leaves_no_folder_behind(fox, tmp_path):
    cut, run = tmp_path / "cut", tmp_path / "run"
    shutil.copytree(fox, cut)
    weights = cut / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:50_000])
    small = (*SMALL, "--rounds", 1, "--out", run)
    told = cohp("generate", "a fox", "--models", cut, *small, code=2).stderr
    assert "cannot be loaded" in told
    assert "Get its files afresh" in told
    assert not run.exists()
    cohp("generate", "a fox", "--models", fox, *small)


def test_a_run_with_something_drawn_stays(fox, tmp_path):
    cut, run = tmp_path / "cut", tmp_path / "run"
    shutil.copytree(fox, cut)
    (cut / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"")
    small = (*SMALL, "--rounds", 1, "--out", run)
    cohp("generate", "a fox", "--models", f"fake-ink,{cut}", *small, code=2)
    assert len(RunFolder(run).entries) == 1


def test_what_was_rounded_and_what_has_no_effect_is_noted_once(fox, tmp_path):
    strengths = ("--strengths", "0.9,0.12", "--guidance", "1", "--negative", "blurred")
    out = ("--rounds", 3, "--out", tmp_path / "run")
    said = cohp("generate", "a fox", "--models", fox, *SMALL, *strengths, *out).output
    assert said.count("strength 0.9 became 0.75: 3 of 4 steps") == 1
    assert said.count("strength 0.12 became 0.25: 1 of 4 steps") == 1
    assert "the negative prompt has no effect" in said
    assert "Since stage one: brightness" in " ".join(cohp("show", tmp_path / "run").output.split())


def test_a_price_stands_in_the_plan_and_nothing_is_asked_for():
    planned = json.loads(
        cohp("generate", "fox", "--models", "gpt-image-1", "--dry-run", "--json").stdout
    )
    assert planned["dollars"] == pytest.approx(0.042 * planned["images"])
    assert (
        f"hosted models: ${planned['dollars']:.2f}"
        in cohp("generate", "x", "--models", "gpt-image-1", "--dry-run").output
    )


def test_options_are_described(fox):
    said = cohp("models", f"{fox}:call.eta=0.5:tiling=true").output
    assert "call.eta=0.5, tiling=true" in said
    told = cohp("models", "sdxl:speed=3", code=2).stderr
    assert told.startswith("cohp: sdxl:speed=3: there is no option 'speed'; there are attention,")
