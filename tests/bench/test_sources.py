"""Prompts from every kind of file, published ones known by their shape, bad lines said."""

from __future__ import annotations

import json

import pytest
from bench_samples import STYLES, hpsv2_folder, write_json, write_jsonl

from cohp.bench import sources
from cohp.bench.prompts import PromptSet
from cohp.bench.protocols import HPDV3, HPSV2, protocol
from cohp.errors import BadInput, Missing, RunDamaged, UnknownName


def texts(found: PromptSet) -> list[tuple[str, str]]:
    return [(each.category, each.text) for each in found.prompts]


KINDS = {
    "p.csv": 'prompt,category\n"a fox, red",animals\na house,buildings\n',
    "p.tsv": "Prompt\tCategory\na fox, red\tanimals\na house\tbuildings\n",
    "p.jsonl": """{"prompt": "a fox, red", "category": "animals"}
{"caption": "a house", "style": "buildings"}""",
    "p.json": """[{"text": "a fox, red", "tag": "animals"},
                  {"prompt": "a house", "category": "buildings"}]""",
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_gives_its_prompts_and_categories(tmp_path, name):
    (tmp_path / name).write_text(KINDS[name], "utf-8")
    found = sources.load(str(tmp_path / name))
    assert texts(found) == [("animals", "a fox, red"), ("buildings", "a house")]
    assert found.protocol.name == "plain"
    assert found.faults == ()


def test_bare_texts_are_of_one_category(tmp_path):
    (tmp_path / "p.txt").write_text("a fox\na house\n")
    found = sources.load(str(tmp_path / "p.txt"))
    assert texts(found) == [("all", "a fox"), ("all", "a house")]


def test_a_folder_is_a_file_for_each_category(tmp_path):
    (tmp_path / "zoo.txt").write_text("a fox\n")
    write_json(tmp_path / "town.json", ["a house"])
    assert texts(sources.load(str(tmp_path))) == [("town", "a house"), ("zoo", "a fox")]


def test_the_hpsv2_benchmark_is_four_styles_in_their_order(tmp_path):
    found = sources.load(str(hpsv2_folder(tmp_path)))
    assert found.protocol is HPSV2
    assert found.categories == STYLES
    assert len(found.prompts) == 12
    assert [each.index for each in found.prompts[:4]] == [0, 1, 2, 0]


def test_the_hpdv3_benchmark_is_files_of_captions_and_a_missing_one_is_said(tmp_path):
    for name in HPDV3.categories[1:]:
        write_json(tmp_path / f"benchmark_{name}.json", [{"caption": f"of {name}"}])
    found = sources.load(str(tmp_path))
    assert found.protocol is HPDV3
    assert found.categories == HPDV3.categories[1:]
    assert [str(each) for each in found.faults] == [
        "benchmark_Characters.json: it is missing, and with it a category."
    ]


def test_genevals_prompts_are_known_by_their_tags(tmp_path):
    rows = [{"tag": "colors", "include": [], "prompt": "a photo of a red fox"}]
    found = sources.load(str(write_jsonl(tmp_path / "p.jsonl", rows)))
    assert (found.protocol.name, texts(found)) == ("geneval", [("colors", "a photo of a red fox")])


def test_bad_lines_are_said_with_their_number_and_the_rest_is_kept(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes(
        b'{"prompt": "a fox"}\n'
        b'{"prompt": \n'
        b'{"prompt": "\xff"}\n'
        b'{"prompt": " "}\n'
        b'{"prompt": 5}\n'
        + json.dumps({"prompt": "x" * 4001}).encode() + b"\n"
        b'{"prompt": "a house"}\n'
    )  # fmt: skip
    found = sources.load(str(path))
    assert texts(found) == [("all", "a fox"), ("all", "a house")]
    said = [str(each).removeprefix(f"{path}, ") for each in found.faults]
    assert [each.partition(":")[0] for each in said] == [f"line {n}" for n in range(2, 7)]
    for line, reason in zip(said, ("JSON", "UTF-8", "empty", "no text", "4001"), strict=True):
        assert reason in line
    # The second prompt keeps the place it has in the file.
    assert [each.index for each in found.prompts] == [0, 4]


def test_a_category_that_the_protocol_does_not_have_is_said(tmp_path):
    rows = [{"prompt": "a fox", "category": "anime"}, {"prompt": "a cat", "category": "zoo"}]
    found = sources.load(str(write_jsonl(tmp_path / "p.jsonl", rows)), protocol("hpsv2"))
    assert texts(found) == [("anime", "a fox")]
    assert "'zoo' is no category of hpsv2, which has anime" in str(found.faults[0])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.json", b"[1, ", "is not JSON"),
        ("p.json", b'{"prompt": "a"}', "is not a list"),
        ("p.csv", b"words\na fox\n", "holds no prompt that can be used: "),
        ("p.txt", b"", "holds no prompt that can be used."),
        ("p.doc", b"a fox", "is no file of prompts"),
    ],
)
def test_a_file_without_prompts_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=said):
        sources.load(str(tmp_path / name))


def test_what_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for missing in (str(tmp_path / "none.txt"), "prompts/none.csv", "none"):
        with pytest.raises(BadInput, match="There is no file or folder"):
            sources.load(missing)
    with pytest.raises(Missing, match="hf download zhwang/HPDv2 --repo-type dataset"):
        sources.load("zhwang/HPDv2")
    with pytest.raises(BadInput, match="holds no prompts"):
        sources.load(str(tmp_path))
    with pytest.raises(UnknownName, match="Did you mean hpsv2"):
        protocol("hpsv3")


def test_a_dataset_of_the_hub_is_read_from_its_cache(tmp_path, monkeypatch):
    repo = tmp_path / "datasets--zhwang--HPDv2"
    hpsv2_folder(repo / "snapshots" / ("a" * 40))
    (repo / "refs").mkdir()
    (repo / "refs/main").write_text("a" * 40)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub._snapshot_download.constants.HF_HUB_CACHE", str(tmp_path))
    assert sources.load("zhwang/HPDv2").protocol is HPSV2


def test_a_prompt_keeps_its_id_when_others_come(tmp_path):
    few = sources.load(str(write_jsonl(tmp_path / "few.jsonl", ["a fox", "a fox"])))
    many = sources.load(str(write_jsonl(tmp_path / "p.jsonl", ["a cat", "a fox", "a fox"])))
    assert [each.id for each in few.prompts] == [each.id for each in many.prompts[1:]]
    assert len({each.id for each in many.prompts}) == 3


def test_some_categories_and_the_first_prompts_of_each(tmp_path):
    found = sources.load(str(hpsv2_folder(tmp_path)))
    assert texts(found.only(["photo"], 2)) == [("photo", "photo 0"), ("photo", "photo 1")]
    assert len(found.only((), 1).prompts) == 4
    with pytest.raises(UnknownName, match="no category called 'foto'"):
        found.only(["foto"])


def test_a_prompt_set_is_kept_and_read_again(tmp_path):
    found = sources.load(str(write_jsonl(tmp_path / "p.jsonl", ["ein\u2028Fuchs 狐", "b"])))
    (tmp_path / "kept").write_bytes(found.write())
    assert PromptSet.read(tmp_path / "kept") == found
    (tmp_path / "kept").write_text("{}")
    with pytest.raises(RunDamaged):
        PromptSet.read(tmp_path / "kept")
