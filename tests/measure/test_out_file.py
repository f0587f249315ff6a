"""The file of scores: written as they come, gone on with, and never mixed."""

from __future__ import annotations

import errno
import json
import os

import pytest

from cohp.errors import BadInput, OutUnwritable, RunBusy
from cohp.measure import parquet
from cohp.measure.formats import Csv, JsonLines
from cohp.measure.items import Item, Judged
from cohp.measure.out_file import SCORES, OutFile
from cohp.measure.places import check_file
from cohp.types import Score

WEIGHTS = {"hpsv3": "abc"}
PROMPT = 'two\nlines, "quoted" and 狐'


def judged(name, said, reward="hpsv3"):
    return Judged(Item(name, name, PROMPT), PROMPT, {reward: said}, WEIGHTS)


SAID = [
    judged("a.png", Score(1 / 3, 0.25)),
    judged("b.png", "it is damaged"),
    judged("c.png", Score(-2.0)),
]


def write(path, some=SAID, weights=WEIGHTS):
    with OutFile(path, weights) as file:
        for each in some:
            if not file.has(each.item.name, each.prompt):
                file.add(each.rows())
    return file


def read(path):
    if path.suffix == ".parquet":
        return list(parquet.read(path))
    return list((Csv() if path.suffix == ".csv" else JsonLines()).read(path))


def scores(path):
    return [(row["image"], float(row["mean"]) if row.get("mean") else None) for row in read(path)]


@pytest.fixture(params=["jsonl", "csv", "parquet"])
def path(request, tmp_path):
    return tmp_path / f"scores.{request.param}"


def test_every_score_and_every_failure_is_a_row(path):
    write(path)
    first, second, third = read(path)
    assert (first["prompt"], first["reward"], first["revision"]) == (PROMPT, "hpsv3", "abc")
    assert (float(first["mean"]), float(first["std"])) == (1 / 3, 0.25)
    assert second["error"] == "it is damaged"
    assert float(third["mean"]) == -2.0
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_second_run_keeps_the_scores_and_tries_failures_again(path):
    write(path)
    mended = judged("b.png", Score(7.0))
    file = write(path, [SAID[0], mended, SAID[2], judged("d.png", Score(8.0))])
    assert scores(path) == [("a.png", 1 / 3), ("c.png", -2.0), ("b.png", 7.0), ("d.png", 8.0)]
    assert file.summary == f"4 scores in {path}, 2 of them from before."
    before = path.read_bytes()
    write(path, [])
    assert scores(path) == [("a.png", 1 / 3), ("c.png", -2.0), ("b.png", 7.0), ("d.png", 8.0)]
    assert path.suffix == ".parquet" or path.read_bytes() == before


def test_another_prompt_or_reward_is_another_score(path):
    write(path)
    with OutFile(path, {**WEIGHTS, "clip": "1"}) as file:
        assert not file.has("a.png", PROMPT)
    with OutFile(path, WEIGHTS) as file:
        assert file.has("a.png", PROMPT)
        assert not file.has("a.png", "another")
        assert not file.has("b.png", PROMPT)


@pytest.mark.parametrize("name", ["scores.jsonl", "scores.csv"])
def test_cut_anywhere_it_goes_on_and_ends_whole(tmp_path, name):
    path = tmp_path / name
    write(path)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        write(path)
        assert sorted(scores(path), key=str) == sorted(
            [("a.png", 1 / 3), ("b.png", None), ("c.png", -2.0)], key=str
        )


def test_a_kill_before_the_parquet_is_made_loses_nothing(tmp_path):
    path = tmp_path / "scores.parquet"
    write(path, SAID[:1])
    killed = OutFile(path, WEIGHTS)
    killed.add(SAID[2].rows())
    killed._file.close()
    killed._held.close()
    write(path, [SAID[0], SAID[2], judged("d.png", Score(8.0))])
    assert scores(path) == [("a.png", 1 / 3), ("c.png", -2.0), ("d.png", 8.0)]


def test_scores_by_other_weights_are_not_mixed_in(path):
    write(path)
    before = path.read_bytes()
    with pytest.raises(BadInput, match="by hpsv3 at revision abc, and hpsv3 at xyz judges now"):
        OutFile(path, {"hpsv3": "xyz"})
    assert path.read_bytes() == before
    OutFile(path, {"clip": "xyz"}).close()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.jsonl", '{"image": "a", "prompt": "", "reward": "r"}\nhello\n', "line 2 is no row"),
        ("x.jsonl", '{"image": "a"}\n', "line 1 is no row"),
        ("x.csv", "name,age\nfox,3\n", "line 1 is no row"),
        ("x.csv", "image,prompt,reward\na,b,c\n", "line 1 is no row"),
        ("x.csv", Csv.head + "a,b\n", "line 2 is no row"),
        ("x.jsonl", "one line of notes", "line 1 is no row"),
        ("x.csv", "one line of notes", "line 1 is no row"),
        ("x.parquet", "no parquet", "no Parquet file"),
    ],
)
def test_a_file_of_something_else_is_left_alone(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content.encode())
    with pytest.raises(BadInput, match=said):
        OutFile(path, WEIGHTS)
    assert path.read_bytes() == content.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_parquet_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "x.parquet"
    parquet.write(path, [{"a": "b"}], {"a": "string"})
    with pytest.raises(BadInput, match="is no row that CoHP wrote"):
        OutFile(path, WEIGHTS)


def test_a_place_that_cannot_be_is_said_before_anything_is_loaded(tmp_path):
    (tmp_path / "x.csv").mkdir()
    for path, said in (
        (tmp_path / "none/x.csv", "There is no folder"),
        (tmp_path / "x.txt", "should end in .jsonl"),
        (tmp_path / "x.csv", "is a folder"),
    ):
        with pytest.raises(BadInput, match=said):
            check_file(path, SCORES.kinds)


def test_a_full_disk_is_said_and_what_was_written_stays(tmp_path, monkeypatch):
    path = tmp_path / "x.jsonl"
    file = OutFile(path, WEIGHTS)
    file.add(SAID[0].rows())

    def full(_row):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file._format, "encode", full)
    with pytest.raises(OutUnwritable, match=r"No space left on device\. .* same command again"):
        file.add(SAID[2].rows())
    assert [json.loads(line)["image"] for line in path.read_text().splitlines()] == ["a.png"]


def test_one_process_at_a_time_writes_to_a_file(path):
    with OutFile(path, WEIGHTS) as file:
        file.add(SAID[0].rows())
        with pytest.raises(RunBusy, match=f"Another process is working on {path}"):
            OutFile(path, WEIGHTS)
        file.add(SAID[2].rows())
    assert scores(path) == [("a.png", 1 / 3), ("c.png", -2.0)]
    with pytest.raises(BadInput):
        OutFile(path, {"hpsv3": "xyz"})
    write(path, [])
    assert [each.name for each in path.parent.iterdir()] == [path.name]
