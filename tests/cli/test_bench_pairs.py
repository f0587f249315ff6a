"""`cohp bench accuracy`, `calibrate` and `cohp export pairs` from a shell, on pictures."""

from __future__ import annotations

import csv
import json
from math import log

import pytest
from bench_samples import noisy, write_json, write_jsonl
from command import cohp, generate

from cohp import calibration
from cohp.bench.labels import FORMATS
from cohp.bench.pair_files import choices
from cohp.choosing import choose
from cohp.measure import parquet
from cohp.record.folder import RunFolder


@pytest.fixture
def pairs(tmp_path):
    """Thirty pairs whose cleaner picture is preferred, which the fake reward prefers too."""
    rows = []
    for number in range(30):
        noisy(tmp_path / f"{number}a.png", 2 + number % 3, seed=number)
        noisy(tmp_path / f"{number}b.png", 30, seed=number)
        paths = {"path1": f"{number}a.png", "path2": f"{number}b.png"}
        rows.append({"prompt": f"p{number}", **paths, "confidence": 0.5 + number / 60})
    return write_json(tmp_path / "pairs.json", rows)


def test_a_reward_that_agrees_is_said_to(pairs, tmp_path):
    out = tmp_path / "out"
    result = cohp("bench", "accuracy", pairs, "--reward", "fake", "--json", "--out", out)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["fake"]
    assert (found["pairs"], found["accuracy"], found["equal"]) == (30, 1.0, 0)
    assert sum(each["count"] for each in found["confidence"]) == 30
    listed = list(csv.DictReader((out / "pairs.csv").open()))
    assert len(listed) == 30
    assert all(float(each["chance"]) > 0.5 for each in listed)
    assert "fake" in (out / "accuracy.md").read_text()
    assert (out / "reliability-fake.svg").read_text().startswith("<svg")
    assert "<svg" in (out / "accuracy.html").read_text()


def test_turned_around_it_is_always_wrong(pairs):
    turned = [
        {**row, "path1": row["path2"], "path2": row["path1"]}
        for row in json.loads(pairs.read_text())
    ]
    write_json(pairs, turned)
    told = cohp("bench", "accuracy", pairs, "--reward", "fake")
    assert told.exit_code == 0
    assert "0.0%" in told.stdout
    assert "by how sure people were" in told.stdout


def test_what_cannot_be_used_is_said_and_the_rest_is_measured(pairs, tmp_path):
    rows = json.loads(pairs.read_text())
    rows[3]["path2"] = "gone.png"
    rows[4]["path2"] = rows[4]["path1"]
    (tmp_path / "5a.png").write_bytes(b"")
    del rows[6]["path1"]
    write_json(pairs, rows)
    out = tmp_path / "out"
    result = cohp("bench", "accuracy", pairs, "--reward", "fake", "--json", "--out", out)
    assert result.exit_code == 5
    assert json.loads(result.stdout)["fake"]["pairs"] == 26
    for said in ("row 4: There is no image file", "row 5: 4a.png stands against itself", "row 6: ",
                 "row 7: it has none of the keys", "4 items could not be used"):  # fmt: skip
        assert said in result.stderr
    assert len((out / "faults.csv").read_text().splitlines()) == 5


def test_a_thousand_faults_are_not_all_printed(tmp_path):
    rows = [{"prompt": "p"}] * 30
    result = cohp("bench", "accuracy", write_json(tmp_path / "p.json", rows), "--reward", "fake")
    assert result.exit_code == 2
    assert "and 10 more" in result.stderr
    assert "has no pair that fake could be measured by" in result.stderr


def test_scores_are_kept_so_that_the_same_command_goes_on(pairs, monkeypatch):
    first = cohp("bench", "accuracy", pairs, "--reward", "fake", "--json")

    def never(*_, **__):
        raise AssertionError

    monkeypatch.setattr("cohp.reward.fake.FakeReward.score", never)
    again = cohp("bench", "accuracy", pairs, "--reward", "fake", "--json")
    assert again.stdout == first.stdout


def test_only_the_first_items_and_images_from_another_folder(pairs, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "p.json"
    write_json(elsewhere, json.loads(pairs.read_text()))
    words = ("--images", tmp_path, "--limit", 7, "--reward", "fake", "--json")
    found = json.loads(cohp("bench", "accuracy", elsewhere, *words).stdout)
    assert found["fake"]["pairs"] == 7


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_a_calibration_is_fitted_and_used(pairs, tmp_path, method):
    file = tmp_path / "c.json"
    words = ("--reward", "fake", "--method", method, "--out", file)
    told = cohp("bench", "calibrate", pairs, *words)
    assert told.exit_code == 0, told.output
    assert "held out" in told.stdout
    assert calibration.load(file).pairs == 30
    usual, fitted = (
        json.loads(cohp("bench", "accuracy", pairs, "--reward", "fake", "--json", *more).stdout)
        for more in ((), ("--calibration", file))
    )
    assert fitted["fake"]["accuracy"] == usual["fake"]["accuracy"]
    # Thirty of thirty right allow no more than 31 of 32.
    assert fitted["fake"]["calibrated"]["log_loss"] == pytest.approx(log(32 / 31), rel=0.02)


REFUSED = {
    "accuracy none.json": (2, "none.json"),
    "accuracy empty.jsonl": (2, "is empty"),
    "accuracy p.json --calibration none": (2, "none cannot be read"),
    "calibrate p.json --out no/c.json": (2, "There is no folder no"),
    "calibrate p.json --out c.json --reward fake --reward clip": (2, "give --reward once"),
    "calibrate p.json --out c.json --reward fake": (2, "no pair that fake"),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_measured_is_said(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    write_json(tmp_path / "p.json", [{"prompt": "p"}])
    write_jsonl(tmp_path / "empty.jsonl", [])
    result = cohp("bench", *words.split())
    code, said = REFUSED[words]
    assert result.exit_code == code
    assert said in result.stderr


@pytest.mark.parametrize("kind", FORMATS)
def test_what_runs_decided_is_written_and_read_back(tmp_path, kind):
    for number in range(2):
        generate(tmp_path / f"runs/{number}", "--seed", number)
    out = tmp_path / "labels"
    told = cohp("export", "pairs", tmp_path / "runs", "--format", kind, "--out", out)
    assert told.exit_code == 0, told.output
    path = out / FORMATS[kind].file
    assert str(path) in told.stdout
    read = list(choices(path))
    # Stage one has four images, the two rounds two each: each winner against its rest.
    assert len(read) == 2 * (3 + 1 + 1)
    assert all(0.5 < each.confidence <= 1 for each in read)
    # The reward that decided agrees with itself, from the files that were written.
    again = json.loads(cohp("bench", "accuracy", path, "--reward", "fake", "--json").stdout)
    assert (again["fake"]["pairs"], again["fake"]["accuracy"]) == (10, 1.0)
    sure = cohp(
        "export", "pairs", tmp_path / "runs", "--format", kind, "--out", out, "--least", 0.7
    )
    assert sure.exit_code == 0
    assert len(list(choices(path))) == sum(each.confidence >= 0.7 for each in read)


def test_the_source_of_a_preference_is_a_field(tmp_path):
    generate(tmp_path / "run")
    cohp("export", "pairs", tmp_path / "run", "--out", tmp_path / "json")
    cohp("export", "pairs", tmp_path / "run", "--format", "pickapic", "--out", tmp_path / "table")
    rows = json.loads((tmp_path / "json/pairs.json").read_text())
    rows += parquet.read(tmp_path / "table/pairs.parquet")
    assert {row["source"] for row in rows} == {"cohp fake"}


def test_a_broken_run_costs_no_other_its_pairs(tmp_path):
    for name in "ab":
        generate(tmp_path / f"runs/{name}")
    journal = tmp_path / "runs/a/journal.jsonl"
    journal.write_text(journal.read_text().replace("a red fox", "a blue fox"))
    told = cohp("export", "pairs", tmp_path / "runs", "--out", tmp_path / "labels")
    assert told.exit_code == 5
    assert "was changed or lost" in told.stderr
    assert "1 of 2 runs could not be read" in told.stderr
    assert len(json.loads((tmp_path / "labels/pairs.json").read_text())) == 5
    none = cohp("export", "pairs", tmp_path / "labels", "--out", tmp_path / "labels")
    assert none.exit_code == 4


def test_compare_and_rank_take_a_calibration(pairs, tmp_path):
    file = tmp_path / "c.json"
    cohp("bench", "calibrate", pairs, "--reward", "fake", "--method", "isotonic", "--out", file)
    images = (
        tmp_path / "0a.png",
        tmp_path / "0b.png",
        "--prompt",
        "p",
        "--reward",
        "fake",
        "--json",
    )
    compared = json.loads(cohp("compare", *images, "--calibration", file).stdout)
    # Thirty of thirty people, and one each way for doubt.
    assert compared["probability"] == pytest.approx(31 / 32)
    _, second = map(json.loads, cohp("rank", *images, "--calibration", file).stdout.splitlines())
    assert second["behind"] == pytest.approx(31 / 32)
    file.write_text(file.read_text().replace('"fake"', '"clip"'))
    for command in ("compare", "rank"):
        refused = cohp(command, *images, "--calibration", file)
        assert refused.exit_code == 2
        assert "fitted for clip, not for fake" in refused.stderr


def test_what_people_chose_is_theirs_in_every_format(tmp_path):
    generate(tmp_path / "run")
    entries = [*RunFolder(tmp_path / "run").entries.values()]
    lead, *_, other, least = sorted(entries, key=lambda each: -each.mean)
    for liked in (least, other, least):
        choose(tmp_path / "run", liked.shot.id)
    for kind, labels in FORMATS.items():
        out = tmp_path / kind
        told = cohp("export", "pairs", tmp_path / "run", "--format", kind, "--out", out, "--people")
        assert told.exit_code == 0, told.output
        read = list(choices(out / labels.file))
        assert len(read) == 2
        assert {each.confidence for each in read} == {1.0}
    cohp("export", "pairs", tmp_path / "run", "--out", tmp_path / "all")
    rows = json.loads((tmp_path / "all/pairs.json").read_text())
    pairs = {(row["path1"], row["path2"], row["source"]) for row in rows}
    images = {
        name: f"images/{each.image}" for name, each in zip("loa", (lead, other, least), strict=True)
    }
    assert (images["a"], images["l"], "a person") in pairs
    # Who took a choice back meant the other, and no reward says the opposite of a person.
    assert (images["a"], images["o"], "a person") in pairs
    assert (images["o"], images["a"]) not in {each[:2] for each in pairs}
    assert {row["source"] for row in rows} == {"a person", "cohp fake"}
