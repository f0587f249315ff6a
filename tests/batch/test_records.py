"""A batch's records: one whole object a prompt, wherever fsspec can write."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import fsspec
import pytest

from cohp.batch.book import Done
from cohp.batch.lines import Asked, Refused
from cohp.batch.records import Records
from cohp.engine import compose
from cohp.errors import BadInput, Missing, RunDamaged, RunExists, RunTrouble
from cohp.types import Score


def asked(count=3, **own):
    return [
        Asked(n, n, f"{n:04}", compose(f"scene {n}", models=["fake-ink"], seed=n, **own))
        for n in range(1, count + 1)
    ]


@pytest.fixture(params=["path", "file", "memory"])
def out(request, tmp_path):
    """Return a new place on each kind of store."""
    if request.param == "memory":
        yield f"memory://{tmp_path.name}/all"
        fsspec.filesystem("memory").store.clear()
    else:
        yield f"{'file://' if request.param == 'file' else ''}{tmp_path / 'a b [1]' / 'all'}"


def test_what_was_begun_is_read_again(out):
    begun = Records(out).begin(asked(), [Refused(4, "broken")])
    Records(out).put(Done(1, "fake-ink", Score(0.5, 0.1), 6, 1.25))
    Records(out).put(Done(3, reason="no image"))
    again = Records(out).reopen()
    assert (again.asked, again.refused) == (begun.asked, begun.refused)
    assert again.done == {
        1: Done(1, "fake-ink", Score(0.5, 0.1), 6, 1.25),
        3: Done(3, reason="no image"),
    }
    assert [each.number for each in again.left(retry=False)] == [2]
    assert [each.number for each in again.left(retry=True)] == [2, 3]


def test_what_is_tried_again_has_one_outcome(out):
    records = Records(out)
    records.begin(asked(1), [])
    records.put(Done(1, reason="no image"))
    records.put(Done(1, "fake-ink", Score(0.5)))
    assert records.done() == {1: Done(1, "fake-ink", Score(0.5))}


@pytest.mark.parametrize(
    "torn",
    [b"", b'{"number": 1, "mod', b"[]", b"7", b'{"number": 1}', b'{"number":2,"score":null}'],
)
def test_a_torn_record_counts_as_none(out, torn):
    records = Records(out)
    records.begin(asked(2), [])
    records.put(Done(2, reason="no image"))
    records.place.write("records/1.json", torn)
    records.place.write("records/02.json", b"{}")
    records.place.write("records/notes.txt", b"mine")
    assert list(records.done()) == [2]


def test_a_record_under_another_number_counts_as_none(out):
    records = Records(out)
    records.begin(asked(2), [])
    records.place.write("records/1.json", json.dumps(Done(2, reason="no").to_json()).encode())
    assert records.done() == {}


def test_a_run_s_files_arrive_whole_and_links_and_drafts_stay(out, tmp_path):
    run = tmp_path / "run"
    (run / "images").mkdir(parents=True)
    (run / "best.png").write_bytes(b"best")
    (run / "images/a.png").write_bytes(b"a")
    (run / ".lock").touch()
    (run / "images/.b.png.draft").touch()
    (run / "link.png").symlink_to("/etc/hostname")
    records = pickle.loads(pickle.dumps(Records(out)))  # noqa: S301 - our own, just made
    records.begin(asked(1), [])
    records.upload(run, "0001")
    assert sorted(records.place.names("0001")) == ["best.png", "images"]
    assert records.place.names("0001/images") == ["a.png"]
    assert list(records.pictures(asked(2))) == [b"best", None]
    records.page(b"page")
    assert records.place.read("index.html") == b"page"


def test_it_travels_without_what_it_has_read(out):
    records = Records(out)
    records.begin(asked(50), [])
    records.reopen()
    assert len(pickle.dumps(records)) < 500


def test_recipes_share_what_they_agree_in(out):
    records = Records(out)
    records.begin([*asked(2), *[Asked(3, 3, "c", compose("x", models=["fake-wash"], seed=1))]], [])
    head = json.loads(records.place.read("batch.json"))
    assert head["recipe"]["reward"] == "fake"
    assert set(head["prompts"][0]["recipe"]) == {"prompt", "seed", "models"}


@pytest.mark.parametrize(
    "name", ["../away", "/etc/away", "a/../../b", "", ".hidden", "a//b", "a\n"]
)
def test_no_name_leads_out_of_the_place(out, name):
    place = Records(out).place
    with pytest.raises(BadInput, match="cannot be the name of a file"):
        place.write(name, b"away")
    with pytest.raises(BadInput, match="cannot be the name of a file"):
        place.read(name)


@pytest.mark.parametrize("name", ["../away", "records", "batch.json", "Index.html"])
def test_a_head_that_was_tampered_with_is_refused(out, name):
    records = Records(out)
    records.begin([Asked(1, 1, name, asked(1)[0].recipe)], [])
    with pytest.raises(RunDamaged, match="changed"):
        records.reopen()


@pytest.mark.parametrize("head", [b"", b"{", b"[]", b'{"schema": 1}', b'{"schema": 9}'])
def test_a_head_that_was_cut_short_is_refused(out, head):
    records = Records(out)
    records.place.write("batch.json", head)
    with pytest.raises(RunDamaged):
        records.reopen()


def test_a_place_with_something_in_it_is_not_begun_again(out):
    Records(out).begin(asked(1), [])
    with pytest.raises(RunExists, match="cohp batch --ray --resume --out"):
        Records(out).begin(asked(1), [])


def test_where_nothing_was_begun_it_says_so(out):
    with pytest.raises(BadInput, match="holds no batch that was begun with --ray"):
        Records(out).reopen()


def test_a_relative_path_is_the_same_place_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    records = Records("all")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    records.begin(asked(1), [])
    assert (tmp_path / "all/batch.json").is_file()
    assert str(records.place) == str(tmp_path / "all")


def test_each_write_is_whole_or_not_there(tmp_path, monkeypatch):
    records = Records(str(tmp_path / "all"))
    records.begin(asked(1), [])

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunTrouble, match="No space left on device"):
        records.put(Done(1, reason="no"))
    assert records.place.names("records") == []


@pytest.mark.parametrize(
    ("where", "error", "said"),
    [
        ("s3://bucket/all", Missing, "pip install s3fs"),
        ("gs://bucket/all", Missing, "pip install gcsfs"),
        ("nowhere://bucket/all", RunTrouble, "Protocol not known: nowhere"),
        ("simplecache::memory://all", BadInput, "one URL within another"),
    ],
)
def test_a_store_that_cannot_be_used_is_said(where, error, said):
    with pytest.raises(error, match=said):
        Records(where)


def test_each_record_is_told_of_as_it_is_read(out):
    records = Records(out)
    records.begin(asked(3), [])
    for number in (1, 2, 3):
        records.put(Done(number, reason="no"))
    told = []
    records.reopen(lambda read, among: told.append((read, among)))
    assert told == [(1, 3), (2, 3), (3, 3)]
