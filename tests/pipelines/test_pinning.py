"""What no entry pins is held to the commit it first came at; a hub on loopback moves on."""

from __future__ import annotations

import json
import shutil

import pytest
from small_hub import COMMIT, serving
from tiny import tiny

from cohp.catalogue import Lora, Model
from cohp.errors import MissingWeights
from cohp.naming import resolve
from cohp.pins import pinned
from cohp.pipelines.download import download
from cohp.pipelines.loading import revision
from cohp.pipelines.parts import parts_of
from cohp.pipelines.prepared import locate, prepare
from cohp.pipelines.presence import status
from cohp.whereabouts import file_of

NEWER = "fedcba98" * 5


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sd")
    tiny("sd15").save_pretrained(folder)
    found = [each for each in folder.rglob("*") if each.is_file()]
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in found}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    return serving(tmp_path, monkeypatch)


def get(model) -> str:
    said = []
    download(resolve(model) if isinstance(model, str) else model, said.append)
    return "\n".join(said)


def test_the_first_commit_that_comes_is_said_and_held_to(hub, files):
    with hub(some__model=files):
        said = get("some/model")
    assert f"The hub's newest is {COMMIT}: this machine holds to it from now on." in said
    assert pinned("some/model") == COMMIT
    with hub(commit=NEWER, some__model=files) as asked:
        assert "newest" not in get("some/model")
        assert not any(NEWER in path or "/main/" in path for path in asked)
    assert revision(resolve("some/model")) == COMMIT


def test_what_went_away_is_the_same_commit_when_it_comes_back(hub, files, tmp_path):
    with hub(some__model=files):
        get("some/model")
    shutil.rmtree(tmp_path / "hub")
    assert status(resolve("some/model")) == "no"
    with hub(some__model=files) as asked:
        get("some/model")
    assert any(f"some/model/revision/{COMMIT}" in path for path in asked)


def test_what_came_by_another_way_is_held_to_once_it_is_used(files, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    kept = tmp_path / "hub" / "models--some--model"
    for commit in (COMMIT, NEWER):
        for name, data in files.items():
            (kept / "snapshots" / commit / name).parent.mkdir(parents=True, exist_ok=True)
            (kept / "snapshots" / commit / name).write_bytes(data)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(COMMIT)
    assert pinned("some/model") is None
    prepare(resolve("some/model"))
    assert pinned("some/model") == COMMIT
    (kept / "refs" / "main").write_text(NEWER)
    assert locate(resolve("some/model")).name == COMMIT
    assert locate(resolve(f"some/model@{NEWER}")).name == NEWER
    shutil.rmtree(kept / "snapshots" / COMMIT)
    assert status(resolve("some/model")) == "another version"
    with pytest.raises(MissingWeights, match=f"Another version .*: some/model@{NEWER} names that"):
        prepare(resolve("some/model"))


def test_a_named_revision_is_followed_and_nothing_is_held(hub, files):
    with hub(some__model=files):
        get("some/model@v1")
    assert pinned("some/model") is None
    assert status(resolve("some/model@v1")) == "here"


def test_a_lora_and_a_borrowed_part_are_held_too_unless_their_commit_is_named(hub, files):
    style = {"one.safetensors": "1"}
    part = {"config.json": json.dumps({}), "model.safetensors": "l"}
    model = Model(
        name="m",
        source="some/model",
        revision=COMMIT,
        loras=(Lora(source="some/style/one.safetensors"),),
        parts={"a": "Bert@some/encoder", "b": f"Bert@some/other@{COMMIT}"},
    )
    with hub(some__model=files, some__style=style, some__encoder=part, some__other=part):
        get(model)
    assert [pinned(f"some/{name}") for name in ("style", "encoder")] == [COMMIT, COMMIT]
    assert [pinned(f"some/{name}") for name in ("model", "other")] == [None, None]
    assert file_of(model.loras[0]).parent.name == COMMIT
    assert {part.place.name for part in parts_of(model).values()} == {COMMIT}
    assert f"+a@{COMMIT}" in revision(model)
