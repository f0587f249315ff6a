"""Files of prompts: each format's rows, and broken ones said by their numbers."""

from __future__ import annotations

import sys

import pytest

from cohp.errors import BadInput, MissingExtra
from cohp.measure import parquet
from cohp.measure.rows import rows


@pytest.fixture
def read(tmp_path):
    def write_and_read(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(rows(path))

    return write_and_read


def test_every_format_gives_the_same_rows(read, tmp_path):
    table = [{"image": "a.png", "prompt": "a fox"}, {"image": "b.png", "prompt": "ein Fuß, 狐"}]
    parquet.write(tmp_path / "p.parquet", table, {"image": "string", "prompt": "string"})
    for found in (
        read(
            "p.jsonl",
            '{"image":"a.png","prompt":"a fox"}\n\n{"image":"b.png","prompt":"ein Fuß, 狐"}',
        ),
        read(
            "p.json",
            '[{"image":"a.png","prompt":"a fox"},{"image":"b.png","prompt":"ein Fuß, 狐"}]',
        ),
        read("p.csv", 'image,prompt\na.png,a fox\r\nb.png,"ein Fuß, 狐"\n'),
        read("p.csv", "\ufeffimage;prompt\na.png;a fox\nb.png;ein Fuß, 狐\n"),
        read("p.tsv", "image\tprompt\na.png\ta fox\nb.png\tein Fuß, 狐\n"),
        list(rows(tmp_path / "p.parquet")),
    ):
        assert [row.values for row in found] == table


def test_plain_prompts_are_rows_too(read):
    for found in (
        read("p.txt", "a fox\n a hare \n"),
        read("p.json", '["a fox", "a hare"]'),
        read("p.jsonl", '"a fox"\n"a hare"\n'),
    ):
        assert [row.values["prompt"] for row in found] == ["a fox", "a hare"]


def test_a_quoted_field_may_hold_lines_and_numbers_stay_those_of_the_file(read):
    found = read("p.csv", 'prompt,image\n"two\nlines",a.png\nb\n')
    assert found[0].values == {"prompt": "two\nlines", "image": "a.png"}
    assert (found[1].number, found[1].error) == (4, "it has 1 fields where the header has 2")


def broken(found):
    return {row.number: row.error for row in found if row.error is not None}


def test_broken_lines_are_said_by_number_and_the_rest_is_read(read):
    assert "',' expected" in broken(read("p.csv", 'prompt,n\n"a"b,1\nc,2\n'))[2]
    for end in ("", '"e\ne",5\n'):
        unclosed = read("p.csv", f'prompt,n\na,1\n"b,2\nc,3\n\n{end}')
        assert list(broken(unclosed)) == [3]
        values = [(row.number, row.values["prompt"]) for row in unclosed if row.error is None]
        assert values == [(2, "a"), (4, "c"), *([(6, "e\ne")] if end else [])]
    assert "not JSON" in broken(read("p.jsonl", '{"prompt": "a"}\n{"prompt"\n"c"\n'))[2]
    assert broken(read("p.jsonl", "3\n")) == {1: "it is neither a prompt nor an object"}
    assert broken(read("p.txt", "a\n\nb\n")) == {2: "it is empty"}


@pytest.mark.parametrize("name", ["p.csv", "p.jsonl", "p.txt"])
def test_a_line_that_is_not_utf8_is_said_and_the_rest_is_read(read, name):
    found = read(name, b'prompt\n"caf\xe9"\n"fine"\n')
    assert broken(found)[2] == "it is not UTF-8 text"
    assert "fine" in found[-1].values["prompt"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.json", b"[1,", "is not JSON"),
        ("p.json", b'["caf\xe9"]', "is not JSON"),
        ("p.json", b'{"prompt": "a"}', "is not a list"),
        ("p.parquet", b"PAR1", "no Parquet file"),
        ("p.xlsx", b"", "should end in .csv, "),
    ],
)
def test_a_file_that_is_no_file_of_prompts_is_refused(read, name, content, said):
    with pytest.raises(BadInput, match=said):
        read(name, content)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        list(rows(tmp_path / "none.csv"))


def test_parquet_without_its_extra_says_how_to_get_it(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtra, match=r"pip install 'cohp\[parquet\]'"):
        read("p.parquet", b"")
