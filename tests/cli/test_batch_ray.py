"""`cohp batch --ray`: the user's side of it, with a cluster that is stood in for."""

from __future__ import annotations

import json

import fsspec
import pytest
from batch_standing_in import stands_in
from command import SMALL, cohp

from cohp.batch.driving import Where
from cohp.record.folder import RunFolder

ASK = [*SMALL, "--rounds", "2", "--seed", "5"]


@pytest.fixture
def file(tmp_path):
    """Return a file of four prompts, one line of which is broken."""
    path = tmp_path / "prompts.jsonl"
    lines = [json.dumps({"prompt": f"scene {number}"}) for number in range(4)]
    path.write_text("\n".join([*lines, "{broken"]))
    return path


def told(result, code):
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def outcomes(told):
    return [{**each, "run": 0, "seconds": 0} for each in told["runs"]]


def test_it_gives_what_one_machine_gives(file, tmp_path, monkeypatch):
    standing = stands_in(monkeypatch)
    here = told(cohp("batch", file, *ASK, "--out", tmp_path / "here", "--json"), 5)
    there = told(cohp("batch", file, *ASK, "--out", tmp_path / "there", "--ray", "--json"), 5)
    assert outcomes(there) == outcomes(here)
    assert there["refused"] == here["refused"]
    assert standing.calls == [(Where(), [1, 2, 3, 4])]
    for each in there["runs"]:
        assert RunFolder(tmp_path / "there" / each["run"].rpartition("/")[2]).entries
        assert cohp("show", each["run"]).exit_code == 0
    assert (tmp_path / "there/index.html").read_text() == (tmp_path / "here/index.html").read_text()


def test_the_address_and_the_workers_arrive(file, tmp_path, monkeypatch):
    standing = stands_in(monkeypatch)
    words = ("--ray", "ray://head:10001", "--workers", "2-16", "--quiet")
    assert cohp("batch", file, *ASK, "--out", tmp_path / "all", *words).exit_code == 5
    assert standing.calls[0][0] == Where("ray://head:10001", "2-16")


def test_workers_that_are_no_number_are_refused_before_anything_is_written(
    file, tmp_path, monkeypatch
):
    stands_in(monkeypatch)
    out = tmp_path / "all"
    result = cohp("batch", file, *ASK, "--out", out, "--ray", "--workers", "16-2")
    assert result.exit_code == 2
    assert "write 4 or 2-16" in result.stderr
    assert not out.exists()


def test_what_is_shown_in_a_log(file, tmp_path, monkeypatch):
    stands_in(monkeypatch, poison=[2])
    result = cohp("batch", file, *ASK, "--out", tmp_path / "all", "--ray")
    assert result.exit_code == 5
    assert result.stderr.count("dashboard: http://127.0.0.1:8265") == 1
    assert "4 prompts to go, 3 nodes, 5.4 of 6 CPUs in use, 0 failed" in result.stderr
    assert "2/4  failed  scene 1: 3 workers died while they searched" in result.stderr
    assert "4/4" in result.stderr
    again = f"cohp batch --ray --retry-failed --out {tmp_path / 'all'}"
    assert f"1 prompt failed, 1 line refused; the others are done. Try again: {again}" in (
        result.stderr
    )
    assert f"summary: {tmp_path / 'all'}/index.html" in result.stdout
    page = (tmp_path / "all/index.html").read_text()
    assert "0002-scene-1: 3 workers died" in page
    assert page.count("data:image/webp") == 3


def test_killed_it_goes_on_with_what_has_no_record(file, monkeypatch):
    stands_in(monkeypatch, die=3)
    out = ("--out", "memory://batch-ray/all")
    assert cohp("batch", file, *ASK, *out, "--ray", "--quiet").exit_code != 0
    standing = stands_in(monkeypatch, poison=[4])
    first = told(cohp("batch", "--ray", "--resume", *out, "--json"), 5)
    assert standing.calls == [(Where(), [3, 4])]
    assert [bool(each["score"]) for each in first["runs"]] == [True, True, True, False]
    standing = stands_in(monkeypatch)
    told(cohp("batch", "--ray", "--resume", *out, "--json"), 5)
    assert standing.calls == []
    last = told(cohp("batch", "--ray", "--retry-failed", *out, "--json"), 5)
    assert standing.calls == [(Where(), [4])]
    assert all(each["score"] for each in last["runs"])
    assert last["page"] == "memory://batch-ray/all/index.html"
    assert b"4 of 4 prompts" in fsspec.filesystem("memory").cat_file("/batch-ray/all/index.html")


def test_stopped_it_says_how_to_go_on(file, tmp_path, monkeypatch):
    stands_in(monkeypatch, press=3)
    result = cohp("batch", file, *ASK, "--out", tmp_path / "all", "--ray")
    assert result.exit_code == 130
    assert f"Go on with: cohp batch --ray --resume --out {tmp_path / 'all'}" in result.stderr
    assert "2 prompts not done yet" in (tmp_path / "all/index.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--ray", "--together", "3"), 2, "with --ray give --workers"),
        (("--workers", "3"), 2, "add --ray"),
        (("--out", "s3://bucket/all"), 2, "add --ray"),
        (("--ray", "--out", "s3://bucket/all"), 3, "pip install s3fs"),
    ],
)
def test_what_does_not_go_together_is_said(file, words, code, said, monkeypatch):
    stands_in(monkeypatch)
    result = cohp("batch", file, *ASK, *words)
    assert result.exit_code == code
    assert said in result.stderr


def test_prompts_after_ray_are_no_address(file):
    result = cohp("batch", "--ray", file, *ASK)
    assert result.exit_code == 2
    assert "Name a file of prompts" in result.stderr


def test_without_the_extra_the_install_line_is_said(file, tmp_path, monkeypatch):
    monkeypatch.setattr("cohp.commands.batch_ray.find_spec", lambda _: None)
    result = cohp("batch", file, *ASK, "--ray", "--out", tmp_path / "all")
    assert result.exit_code == 3
    assert "pip install 'cohp[ray]'" in result.stderr
    assert not (tmp_path / "all").exists()


def test_a_batch_of_the_other_kind_is_told(file, tmp_path, monkeypatch):
    stands_in(monkeypatch)
    cohp("batch", file, *ASK, "--out", tmp_path / "there", "--ray", "--quiet")
    result = cohp("batch", "--resume", "--out", tmp_path / "there")
    assert "begun with --ray: add it" in result.stderr
    cohp("batch", file, *ASK, "--out", tmp_path / "here", "--quiet")
    result = cohp("batch", "--resume", "--ray", "--out", tmp_path / "here")
    assert "begun without --ray: leave it out" in result.stderr
