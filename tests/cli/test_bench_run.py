"""`cohp bench run`: who draws better, resumed, extended, never drawing twice."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from bench_running import bench, rows
from bench_samples import hpsv2_folder, noisy, write_json, write_jsonl
from command import cohp

from cohp.bench import running
from cohp.bench.contestants import enter, usual_judge
from cohp.bench.protocols import HPDV3
from cohp.executors.local import LocalExecutor
from cohp.record import journal


def lines(folder: Path, kind: str) -> list[dict]:
    return [line for line in journal.read(folder / "bench.jsonl")[0] if line["kind"] == kind]


def of_images(folder: Path) -> list[dict]:
    return list(csv.DictReader((folder / "images.csv").open(encoding="utf-8")))


def test_models_and_recipes_are_compared_by_category(tmp_path):
    folder = tmp_path / "b"
    result = bench(folder, "--models", "fake-ink,fake-wash", "--recipe", "quick",
                   "--candidates", "fake-ink,fake-wash")  # fmt: skip
    assert result.exit_code == 0, result.output
    found = rows(result)
    assert [each["images"] for each in found.values()] == [6, 6, 6]
    # A recipe's opening begins with the very images that its candidates draw by themselves.
    means = {
        name: [float(each["mean"]) for each in of_images(folder) if each["contestant"] == name]
        for name in ("fake-ink", "fake-wash", "quick")
    }
    assert all(
        q >= max(i, w)
        for q, i, w in zip(means["quick"], means["fake-ink"], means["fake-wash"], strict=True)
    )
    assert found["quick", "fake"]["mean"] == pytest.approx(sum(means["quick"]) / 6)
    foxes = rows(result, "fox")["fake-ink", "fake"]
    assert foxes["mean"] == pytest.approx(sum(means["fake-ink"][:3]) / 3)
    assert foxes["low"] < foxes["mean"] < foxes["high"]
    shown = cohp("show", next((folder / "runs/quick").iterdir()))
    assert shown.exit_code == 0


def test_what_was_drawn_is_not_drawn_again_and_more_adds_to_it(tmp_path):
    folder = tmp_path / "b"
    few = bench(folder, "--models", "fake-ink", "--limit", 1)
    assert [each["images"] for each in rows(few).values()] == [2]
    first = lines(folder, "image")
    more = bench(folder, "--models", "fake-wash", "--reward", "fake")
    assert {key[0]: row["images"] for key, row in rows(more).items()} == {
        "fake-ink": 6,
        "fake-wash": 6,
    }
    drawn = lines(folder, "image")
    assert drawn[:2] == first
    assert len({(each["contestant"], each["prompt"]) for each in drawn}) == len(drawn) == 12
    assert rows(cohp("bench", "resume", folder, "--json")) == rows(more)
    assert lines(folder, "image") == drawn
    assert len(lines(folder, "score")) == 12


def test_a_reward_named_later_judges_the_images_there_are(tmp_path):
    folder = tmp_path / "b"
    bench(folder, "--models", "fake-ink")
    drawn = lines(folder, "image")
    clip = f"clip={Path(__file__).parent.parent / 'golden/clip'}"
    result = bench(folder, "--models", "fake-ink", "--reward", clip, "--reward", f"fake+{clip}")
    assert set(rows(result)) == {("fake-ink", j) for j in ("fake", "clip", "fake+clip")}
    assert lines(folder, "image") == drawn
    assert result.exit_code == 0
    assert 0 < abs(rows(result)["fake-ink", "clip"]["mean"]) < 1


def test_prompts_go_many_at_a_time_to_a_model(tmp_path, monkeypatch):
    batches = []
    whole = LocalExecutor.answer

    def watched(self, shots, **more):
        batches.append([shot.prompt for shot in shots])
        return whole(self, shots, **more)

    monkeypatch.setattr(running.LocalExecutor, "answer", watched)
    bench(tmp_path / "b", "--models", "fake-ink", "--batch", 4)
    assert [len(each) for each in batches] == [4, 2]
    assert len(set(batches[0])) == 4


def test_a_batch_of_prompts_changes_no_picture(tmp_path):
    for size in (1, 6):
        bench(tmp_path / str(size), "--models", "fake-ink", "--batch", size)
    one, six = (
        [(each["prompt"], each["mean"]) for each in of_images(tmp_path / size)] for size in "16"
    )
    assert one == six


def test_other_settings_or_seeds_or_prompts_need_another_folder(tmp_path):
    folder = tmp_path / "b"
    bench(folder, "--models", "fake-ink")
    for words in (("--seed", 1), ("--steps", 3)):
        refused = bench(folder, "--models", "fake-ink", *words)
        assert refused.exit_code == 4
        assert "its seed or settings differ" in refused.stderr
    refused = bench(folder, "--models", "fake-ink", prompts=hpsv2_folder(tmp_path / "hps"))
    assert refused.exit_code == 4
    assert "is a plain benchmark, not hpsv2" in refused.stderr


def test_the_same_seed_gives_the_same_images(tmp_path):
    for name in "ab":
        bench(tmp_path / name, "--models", "fake-ink", "--seed", 3)
    assert of_images(tmp_path / "a") == of_images(tmp_path / "b")


def test_hpsv2s_table_is_of_groups_and_times_a_hundred_for_its_reward(tmp_path):
    folder = tmp_path / "b"
    bench(folder, "--models", "fake-ink", prompts=hpsv2_folder(tmp_path / "hps", 2))
    told = (folder / "tables.md").read_text()
    assert "deviation of the means of 80" in told
    assert "| photo |" in told
    golden = Path(__file__).parent.parent / "golden/hpsv2"
    result = bench(folder, "--models", "fake-ink", "--reward", f"hpsv2={golden}",
                   prompts=tmp_path / "hps")  # fmt: skip
    raw = [float(each["mean"]) for each in of_images(folder) if each["judge"] == "hpsv2"]
    assert rows(result)["fake-ink", "hpsv2"]["mean"] == pytest.approx(100 * sum(raw) / 8)


def test_hpdv3s_table_stands_beside_what_was_published(tmp_path):
    for name in HPDV3.categories:
        write_json(tmp_path / f"hpd/benchmark_{name}.json", [{"caption": f"of {name}"}])
    folder = tmp_path / "b"
    golden = Path(__file__).parent.parent / "golden/hpsv3"
    reward = ("--reward", f"hpsv3={golden}")
    result = bench(folder, "--models", "fake-ink", *reward, prompts=tmp_path / "hpd")
    assert result.exit_code == 0, result.output
    told = (folder / "tables.md").read_text()
    ranking = told[told.index("### Judged by hpsv3") :]
    assert "| Kolors * | 10.55 | - | - | - |" in ranking
    assert "* published: Ma et al., HPSv3" in ranking
    by_judge = {judge: told.count(f"judged by {judge}") for judge in ("fake", "hpsv3")}
    assert by_judge == {"fake": 1, "hpsv3": 1}
    assert "Kolors" not in told[: told.index("### Judged by hpsv3")]


def test_images_that_exist_take_part_and_what_is_missing_is_said(tmp_path):
    prompts = hpsv2_folder(tmp_path / "hps", 2)
    for style in ("anime", "photo", "paintings"):
        noisy(tmp_path / f"mine/{style}/00000.png", 0, seed=1)
        noisy(tmp_path / f"mine/{style}/00001.jpg", 40, seed=2)
    (tmp_path / "mine/photo/00001.jpg").write_bytes(b"")
    folder = tmp_path / "b"
    result = bench(folder, "--images", f"mine={tmp_path / 'mine'}", prompts=prompts)
    assert result.exit_code == 5
    assert "3 of 8 scores are missing" in result.stderr
    assert rows(result)["mine", "fake"]["images"] == 5
    reasons = {(e["category"], e["prompt"]): e["reason"] for e in of_images(folder)}
    assert (
        reasons["concept-art", "concept-art 1"]
        == "there is no image concept-art/00001 in its folder"
    )
    assert "is empty" in reasons["photo", "photo 1"]
    # A picture that is put right is seen, and one that changed is judged again.
    noisy(tmp_path / "mine/photo/00001.jpg", 0)
    noisy(tmp_path / "mine/anime/00001.jpg", 0)
    better = bench(folder, "--images", f"mine={tmp_path / 'mine'}", prompts=prompts)
    assert rows(better)["mine", "fake"]["images"] == 6
    assert (
        rows(better, "anime")["mine", "fake"]["mean"]
        > rows(result, "anime")["mine", "fake"]["mean"]
    )


def test_images_of_prompts_without_a_category_need_no_folder_for_it(tmp_path):
    noisy(tmp_path / "mine/00000.webp", 10)
    prompts = write_jsonl(tmp_path / "p.jsonl", ["a fox"])
    words = ("--images", f"mine={tmp_path / 'mine'}")
    assert bench(tmp_path / "b", *words, prompts=prompts).exit_code == 0
    (tmp_path / "mine/all").mkdir()
    assert bench(tmp_path / "b", *words, prompts=prompts).exit_code == 5


def test_the_reports_show_best_and_worst_and_load_nothing(tmp_path):
    folder = tmp_path / "b"
    result = bench(folder, "--models", "fake-ink,fake-wash")
    page = (folder / "report.html").read_text("utf-8")
    assert page.count("<img") == 2 * 2 * 3
    assert page.count("data:image/webp") == 12
    assert "http" not in page.replace("http-equiv", "")
    scores = [float(e["mean"]) for e in of_images(folder) if e["category"] == "fox"]
    assert f"{max(scores[:3]):.2f}" in page
    markdown = cohp("bench", "show", folder, "--as", "markdown").stdout
    assert markdown == (folder / "tables.md").read_text("utf-8")
    assert cohp("bench", "show", folder, "--as", "csv").stdout.startswith("judge,contestant")
    assert "Head to head" in cohp("bench", "show", folder).stdout
    assert rows(cohp("bench", "show", folder, "--as", "json")) == rows(result)
    shutil.rmtree(folder / "images")
    assert cohp("bench", "show", folder).exit_code == 0
    assert "the image is gone" in (folder / "report.html").read_text("utf-8")


def test_a_recipe_that_names_its_reward_is_driven_by_that_one(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('reward = "fake"\nrounds = 1\nper_model = 1\nbatch = 1\n')
    contestants = enter([], [str(own), "quick"], {}, judge="clip", candidates=["fake-ink"], seed=0)
    assert [each.recipe.reward for each in contestants] == ["fake", "clip"]


def test_who_judges_when_nobody_is_named():
    def usual(*models):
        return usual_judge(enter(models, [], {}, judge=None, seed=0))

    assert usual("mini-poster", "mini-mural") == "mini-judge"
    assert usual("mini-poster", "fake-ink") == usual("fake-ink") == "fake"


def test_models_are_planned_for_before_they_draw(tmp_path, monkeypatch):
    planned = []
    plan = LocalExecutor.plan

    def noting(self, recipes):
        planned.extend((each.models[0].name, each.per_model) for each in recipes)
        return plan(self, recipes)

    monkeypatch.setattr(LocalExecutor, "plan", noting)
    bench(
        tmp_path / "b",
        "--models",
        "fake-ink",
        "--recipe",
        "quick",
        "--candidates",
        "fake-wash",
        "--batch",
        3,
    )
    assert planned[:2] == [("fake-ink", 3), ("fake-wash", 2)]
