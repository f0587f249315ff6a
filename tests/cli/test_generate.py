"""`cohp generate`, `resume`, `show` and `replay`, as a person would use them."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from command import SMALL, cohp, generate
from PIL import Image

from cohp.record.folder import RunFolder
from cohp.record.metadata import encode, read


def test_the_json_says_where_the_image_is_and_how_it_scored(tmp_path):
    told = generate(tmp_path / "run")
    assert told.keys() == {"run", "image", "model", "score", "shots", "seed"}
    assert told["run"] == str(tmp_path / "run")
    assert told["shots"] == 8
    assert told["seed"] == 5
    assert told["model"] in {"fake-ink", "fake-wash"}
    entries = RunFolder(tmp_path / "run").entries.values()
    assert told["score"]["mean"] == max(entry.score.mean for entry in entries)
    assert told["score"]["std"] == 0.3
    with Image.open(told["image"]) as image:
        assert image.size == (64, 64)


def test_the_run_folder_holds_everything(tmp_path):
    generate(tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        ".lock",
        "best.png",
        "images",
        "journal.jsonl",
        "latents",
        "recipe.json",
        "report.html",
        "sheet.png",
    }
    lines = [json.loads(line) for line in (tmp_path / "run/journal.jsonl").read_text().splitlines()]
    assert lines[0]["schema"] == 1
    assert "numpy" in lines[0]["versions"]
    assert {line["name"] for line in lines if line["kind"] == "loaded"} == {
        "model fake-ink",
        "model fake-wash",
        "reward fake",
    }
    shot = lines[-1]
    assert {"seed", "parent", "strength", "true_start", "seconds", "score", "reason"} <= shot.keys()


def test_the_same_seed_gives_the_same_image_and_another_seed_another(tmp_path):
    first, second = generate(tmp_path / "a"), generate(tmp_path / "b")
    third = generate(tmp_path / "c", "--seed", 6)
    pixels = [np.asarray(Image.open(told["image"])) for told in (first, second, third)]
    assert np.array_equal(pixels[0], pixels[1])
    assert not np.array_equal(pixels[0], pixels[2])


def test_what_a_person_sees_names_the_image_and_the_report(tmp_path):
    result = cohp("generate", "a red fox", *SMALL, "--rounds", 1, "--out", tmp_path / "run")
    assert result.exit_code == 0
    assert "best.png" in result.output.replace("\n", "")
    assert "report.html" in result.output.replace("\n", "")


def test_quiet_prints_nothing(tmp_path):
    result = cohp("generate", "a fox", *SMALL, "--rounds", 1, "--out", tmp_path / "run", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_a_dry_run_prints_the_plan_and_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = cohp("generate", "a fox", *SMALL, "--rounds", 3, "--dry-run", "--strengths", "0.5")
    assert result.exit_code == 0
    assert "stage one" in result.output
    # 2 images of 8 steps and 2 of 4 in stage one; then 3 rounds of 2 at half of 8 steps.
    assert result.output.splitlines()[-1].split() == ["in", "all", "10", "48"]
    assert list(tmp_path.iterdir()) == []
    told = cohp("generate", "a fox", *SMALL, "--rounds", 3, "--dry-run", "--json")
    assert json.loads(told.stdout)["images"] == 10


def test_a_dry_run_says_what_hosted_models_charge(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'models = [{ name = "fake-ink", price = 0.05, refines = false }, "fake-wash"]\n'
        "per_model = 3\n"
    )
    words = ("generate", "a fox", "--recipe", tmp_path / "mine.toml", "--dry-run")
    assert cohp(*words).output.splitlines()[-1] == "hosted models: $0.15"
    assert json.loads(cohp(*words, "--json").stdout)["dollars"] == 0.15


def test_without_out_each_run_gets_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("generate", "A red fox!", *SMALL, "--rounds", 1, "--json")
    runs = {json.loads(cohp(*words).stdout)["run"] for _ in range(2)}
    assert len(runs) == 2
    assert all("a-red-fox" in run for run in runs)


def test_resume_extends_a_run(tmp_path):
    generate(tmp_path / "run")
    result = cohp("resume", tmp_path / "run", "--rounds", 4, "--json")
    assert json.loads(result.stdout)["shots"] == 12
    assert result.exit_code == 0
    shorter = cohp("resume", tmp_path / "run", "--rounds", 1)
    assert shorter.exit_code == 2
    assert "not cut short" in shorter.stderr


def test_show_tells_the_lineage_and_why_the_image_won(tmp_path):
    told = generate(tmp_path / "run")
    result = cohp("show", tmp_path / "run")
    assert result.exit_code == 0
    assert told["model"] in result.output
    for scored in RunFolder(tmp_path / "run").entries.values():
        if scored.score.mean == told["score"]["mean"]:
            assert str(scored.shot.seed) in result.output


def test_replay_draws_the_same_pixels_from_the_png_alone(tmp_path):
    told = generate(tmp_path / "run")
    shutil.copy(told["image"], tmp_path / "alone.png")
    shutil.rmtree(tmp_path / "run")
    result = cohp("replay", tmp_path / "alone.png")
    assert result.exit_code == 0
    assert "identical" in result.output
    again = np.asarray(Image.open(tmp_path / "alone-replayed.png"))
    assert np.array_equal(again, np.asarray(Image.open(tmp_path / "alone.png")))


def test_replay_says_how_far_a_changed_image_is_from_what_the_recipe_draws(tmp_path):
    told = generate(tmp_path / "run")
    with Image.open(told["image"]) as image:
        darker = image.point(lambda level: max(0, level - 9))
        smaller = image.resize((32, 32))
    for name, changed, said in (("d", darker, "at most 9 of 255"), ("s", smaller, "in size")):
        (tmp_path / f"{name}.png").write_bytes(encode(changed, read(told["image"])))
        assert said in cohp("replay", tmp_path / f"{name}.png").output


def test_no_metadata_leaves_nothing_in_any_png(tmp_path):
    generate(tmp_path / "run", "--no-metadata")
    for path in (tmp_path / "run").rglob("*.png"):
        with Image.open(path) as image:
            assert not image.text
    assert cohp("replay", tmp_path / "run/best.png").exit_code == 2


def test_the_infotext_is_what_other_tools_read(tmp_path):
    told = generate(tmp_path / "run", "--negative", "fog, 狐")
    with Image.open(told["image"]) as image:
        prompt, negative, settings = image.text["parameters"].split("\n")
    assert prompt == "a red fox"
    assert negative == "Negative prompt: fog, 狐"
    values = dict(part.split(": ") for part in settings.split(", "))
    assert values["Size"] == "64x64"
    assert values["Model"] == told["model"]
    assert int(values["Seed"])


@pytest.mark.parametrize("name", ["models", "rewards", "recipes", "doctor"])
def test_lists_are_printed(name):
    result = cohp(name)
    assert result.exit_code == 0
    assert result.output.strip()


def test_a_named_recipe_is_printed_as_a_file_that_works(tmp_path):
    (tmp_path / "mine.toml").write_text(cohp("recipes", "reference").output)
    told = cohp("generate", "a fox", "--recipe", tmp_path / "mine.toml", "--dry-run", "--json")
    recipe = json.loads(told.stdout)["recipe"]
    assert recipe["strengths"] == [0.8, 0.8, 0.8, 0.5]
    assert recipe["per_model"] == 2


def test_a_model_is_described_by_name():
    result = cohp("models", "fake-ink")
    assert "Apache-2.0" in result.output


def test_the_embedded_model_says_what_it_is_and_what_it_does_not_know():
    known = cohp("generate", "a red fox at dawn", "--dry-run")
    assert "Name a big one with --models" in known.stderr
    assert "does not know" not in known.stderr
    strange = cohp("generate", "portrait of Einstein", "--dry-run")
    assert "does not know 'portrait', 'einstein'" in strange.stderr
    assert cohp("generate", "portrait of Einstein", "--dry-run", "--json").stderr == ""
    assert cohp("generate", "a fox", "--models", "fake-ink", "--dry-run").stderr == ""
    assert "sailboat" in cohp("models", "mini-poster").output


def test_the_embedded_models_draw_and_refine_and_replay(tmp_path):
    words = ("--per-model", 2, "--rounds", 1, "--batch", 2, "--steps", 4, "--seed", 3, "--json")
    told = json.loads(
        cohp("generate", "a red fox at dawn", *words, "--out", tmp_path / "run").stdout
    )
    sides = {"mini-poster": 128, "mini-mural": 256}
    assert told["shots"] == 2 * len(sides) + 2
    with Image.open(told["image"]) as image:
        assert image.size == (sides[told["model"]],) * 2
    replayed = cohp("replay", told["image"], "--out", tmp_path / "again.png").output
    assert "identical" in replayed or "at most 1 of 255" in replayed
    # This session's memory goes before the recipe's, and before anything is loaded.
    for words in (("replay", told["image"]), ("resume", tmp_path / "run", "--rounds", 2)):
        refused = cohp(*words, "--memory", "5MB").output
        assert "5 MB is " in refused


def test_a_dry_run_says_who_is_held_where():
    words = ("generate", "a red fox at dawn", "--dry-run", "--memory", "95MB")
    told = cohp(*words).stdout.splitlines()
    assert "mini-judge   cpu  11 MB  stays, and judges" in told
    assert told[-1].startswith("peak on cpu: ")
    assert told[-1].endswith(" of 95 MB")
    assert any("comes from the disk" in line for line in told)
    memory = json.loads(cohp(*words, "--json").stdout)["memory"]
    assert memory["devices"]["cpu"]["memory"] == 95_000_000
    refused = cohp(*words[:-1], "20MB").stdout
    assert "mini-judge takes 28 MB, and 20 MB is free" in refused


def test_what_does_not_fit_is_refused_and_no_folder_is_made(tmp_path):
    told = cohp("generate", "a red fox", "--memory", "45MB", "--out", tmp_path / "run")
    assert "mini-poster takes at least" in told.stderr
    assert told.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_a_size_that_is_none_is_refused_by_its_name():
    told = cohp("generate", "a red fox", "--memory", "lots")
    assert "memory: 'lots' is no size of memory: write 24GB" in told.stderr
