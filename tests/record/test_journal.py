"""The journal: a cut last line is dropped, any other damage is named and refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohp.errors import RunDamaged
from cohp.record.journal import Writer, read

LINES = [
    {"kind": "session", "schema": 1, "prompt": "ein Fuchs im Morgenrot, 狐"},
    {"kind": "shot", "score": 1.25, "parent": None},
    {"kind": "shot", "score": -0.1, "parent": "ab"},
]


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "journal.jsonl")


def write(path):
    writer = Writer(path)
    for line in LINES:
        writer.append(line)
    writer.close()
    return path


def test_what_was_appended_is_read_back(path):
    assert read(path)[0] == LINES


def test_every_line_is_json_that_others_can_read(path):
    parsed = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["kind"] for line in parsed] == ["session", "shot", "shot"]


@given(data=st.data())
@settings(max_examples=60)
def test_cut_anywhere_it_keeps_every_whole_line_and_goes_on(data, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("cut") / "journal.jsonl")
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = LINES[: whole[:cut].count(b"\n")]
    assert read(path)[0] == kept
    writer = Writer(path)
    writer.append({"kind": "shot", "schema": 1, "score": 3.0})
    writer.close()
    assert read(path)[0] == [*kept, {"kind": "shot", "schema": 1, "score": 3.0}]


@given(data=st.data())
@settings(max_examples=150)
def test_a_changed_byte_is_found(data, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("bit") / "journal.jsonl")
    whole = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    joined = whole[place] == ord("\n") and place < len(whole) - 1
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    last_line = whole.rstrip(b"\n").rfind(b"\n")
    try:
        lines, _ = read(path)
    except RunDamaged:
        return
    # Only the last line may be taken for one that was cut short, and then it is dropped;
    # without the line break before it, the last two are one.
    assert place > last_line
    assert lines == LINES[: len(LINES) - 1 - joined]


def test_a_space_that_became_a_tab_is_found(path):
    path.write_bytes(path.read_bytes().replace(b": ", b":\t", 1))
    with pytest.raises(RunDamaged, match="line 1"):
        read(path)


@pytest.mark.parametrize("change", ["lost", "swapped", "doubled"])
def test_a_lost_swapped_or_doubled_line_is_named(path, change):
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        {
            "lost": first + third + b"{}\n",
            "swapped": first + third + second,
            "doubled": first + first + second + third,
        }[change]
    )
    with pytest.raises(RunDamaged, match="line 2"):
        read(path)


def test_a_journal_of_another_schema_is_refused(tmp_path):
    writer = Writer(tmp_path / "journal.jsonl")
    writer.append({"kind": "session", "schema": 99})
    writer.close()
    with pytest.raises(RunDamaged, match="schema 99"):
        read(tmp_path / "journal.jsonl")
