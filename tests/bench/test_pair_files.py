"""Files of preferences in each published shape, and what is wrong with an item said."""

from __future__ import annotations

import pytest
from bench_samples import noisy, write_json, write_jsonl

from cohp.bench.choices import Choice
from cohp.bench.faults import Fault
from cohp.bench.pair_files import choices
from cohp.errors import BadInput
from cohp.measure import parquet

SHAPES = {
    "hpdv3": {"prompt": "p", "path1": "a.png", "path2": "b.png", "confidence": 0.9},
    "hpdv2 train": {"prompt": "p", "file_path": ["b.png", "a.png"], "human_preference": [0, 1]},
    "hpdv2 test": {"prompt": "p", "image_path": ["b.png", "a.png"], "rank": [2, 1]},
    "imagereward": {"id": "1", "prompt": "p", "generations": ["a.png", "b.png"], "ranking": [1, 3]},
}


def preferred(choice: Choice) -> list[tuple[str, str, bool]]:
    return [
        (choice.names[better], choice.names[worse], tied)
        for (better, worse), tied in choice.pairs()
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_tells_which_image_people_prefer(tmp_path, shape):
    (choice,) = choices(write_json(tmp_path / "pairs.json", [SHAPES[shape]]))
    assert choice.prompt == "p"
    assert preferred(choice) == [("a.png", "b.png", False)]
    assert choice.confidence == (0.9 if shape == "hpdv3" else None)


def test_ranks_of_four_are_six_pairs_and_equal_ranks_a_tie(tmp_path):
    item = {"prompt": "p", "generations": ["a", "b", "c", "d"], "ranking": [1, 2, 5, 2]}
    (choice,) = choices(write_jsonl(tmp_path / "p.jsonl", [item]))
    assert preferred(choice) == [
        ("a", "b", False), ("a", "c", False), ("a", "d", False),
        ("b", "c", False), ("b", "d", True), ("d", "c", False),
    ]  # fmt: skip


def test_images_are_found_beside_the_file_in_its_folder_or_where_one_says(tmp_path):
    path = write_json(tmp_path / "test.json", [SHAPES["hpdv3"]])
    beside = noisy(tmp_path / "a.png", 1)
    inside = noisy(tmp_path / "test/b.png", 1)
    assert next(choices(path)).images == (beside, inside)
    elsewhere = tmp_path / "elsewhere"
    assert next(choices(path, elsewhere)).images == (elsewhere / "a.png", elsewhere / "b.png")


WRONG = [
    ({"prompt": "p", "path1": "a", "path2": "a"}, "a stands against itself"),
    ({"prompt": "p", "path1": "a"}, "it lacks 'path2'"),
    ({"prompt": "p"}, "it has none of the keys path1"),
    ({**SHAPES["hpdv3"], "prompt": None}, "its prompt is no text"),
    ({**SHAPES["hpdv3"], "confidence": 2}, "its confidence 2 is not between 0 and 1"),
    ({**SHAPES["hpdv3"], "confidence": "high"}, "a value in it is of a wrong kind"),
    ({**SHAPES["hpdv2 test"], "rank": [1]}, "it has 2 images and 1 ranks"),
    ({**SHAPES["hpdv2 test"], "rank": [1, "x"]}, "a value in it is of a wrong kind"),
    ({**SHAPES["hpdv2 test"], "rank": [1, float("nan")]}, "a rank in it is no number"),
    ({**SHAPES["hpdv2 test"], "image_path": "a"}, "it has no list of image files"),
    ({**SHAPES["hpdv2 test"], "image_path": ["a", "\udcff"]}, "the name of an image"),
    ("only a prompt", "it has none of the keys"),
    (5, "it is neither a prompt nor an object"),
]


def test_a_wrong_item_is_said_with_its_line_and_the_rest_goes_on(tmp_path):
    rows = [SHAPES["hpdv3"], *(item for item, _ in WRONG), SHAPES["hpdv3"]]
    path = write_jsonl(tmp_path / "p.jsonl", rows)
    with path.open("ab") as file:
        file.write(b"\xff\n{\n")
    first, *faults, last, not_utf8, not_json = choices(path)
    assert isinstance(first, Choice)
    assert isinstance(last, Choice)
    for number, (fault, (_, reason)) in enumerate(zip(faults, WRONG, strict=True), start=2):
        assert isinstance(fault, Fault)
        assert fault.place == f"{path}, line {number}"
        assert reason in fault.reason
    assert "UTF-8" in not_utf8.reason
    assert "JSON" in not_json.reason


def test_a_confidence_may_be_null_as_hpdv3_writes_it(tmp_path):
    rows = [{**SHAPES["hpdv3"], "confidence": value} for value in (None, "null", 0)]
    found = choices(write_jsonl(tmp_path / "p.jsonl", rows))
    assert [each.confidence for each in found] == [None, None, 0.0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pairs.txt.gz", b"", "is no file of pairs"),
        ("pairs.json", b"{}", "is not a list"),
        ("pairs.parquet", b"no", "is no Parquet file"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=said):
        list(choices(tmp_path / name))


COLUMNS = {
    "caption": "string", "jpg_0": "binary", "jpg_1": "binary", "label_0": "double",
    "label_1": "double", "has_label": "bool",
}  # fmt: skip


def test_pick_a_pics_rows_hold_their_images(tmp_path):
    one, two = (noisy(tmp_path / f"{n}.png", n).read_bytes() for n in (1, 2))
    row = {"caption": "p", "jpg_0": one, "jpg_1": two, "label_0": 0, "label_1": 1}
    rows = [
        {**row, "has_label": True},
        {**row, "label_0": 0.5, "label_1": 0.5, "has_label": True},
        {**row, "has_label": False},
        {**row, "jpg_1": one, "has_label": True},
        {**row, "caption": None, "has_label": True},
        {**row, "jpg_0": None, "has_label": True},
        {**row, "label_0": None, "has_label": True},
    ]
    parquet.write(tmp_path / "p.parquet", rows, COLUMNS)
    first, tied, *faults = choices(tmp_path / "p.parquet")
    assert preferred(first) == [("jpg_1", "jpg_0", False)]
    assert first.images == (one, two)
    assert preferred(tied) == [("jpg_0", "jpg_1", True)]
    assert [each.place.rpartition(", ")[2] for each in faults] == [f"row {n}" for n in (4, 5, 6, 7)]


def test_a_table_of_another_shape_is_refused(tmp_path):
    parquet.write(tmp_path / "p.parquet", [{"caption": "p"}], {"caption": "string"})
    with pytest.raises(BadInput, match="lacks jpg_0, jpg_1, label_0, label_1"):
        list(choices(tmp_path / "p.parquet"))
