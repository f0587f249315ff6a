"""What is known of each reward without loading it, where its files are, and getting them."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import huggingface_hub
import pytest
import torch
from golden_cases import GOLDEN, REWARDS, cases, scored, tolerance
from hub_layout import DESCRIBED, as_the_hub_keeps_it, published
from huggingface_hub import constants

from cohp.cache import link, put
from cohp.errors import BadInput, MissingWeights, UnknownName
from cohp.reward import catalogue, weights
from cohp.reward.catalogue import Entry, Source
from cohp.reward.fetching import download

EMBEDDED = sorted(name for name, entry in catalogue.entries().items() if entry.inside)
NAMES = sorted(set(catalogue.entries()) - set(EMBEDDED))


@pytest.fixture
def nothing_here(tmp_path, monkeypatch):
    """Give this machine an empty hub cache and no network."""
    monkeypatch.setenv("COHP_CACHE", str(tmp_path / "cohp"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))

    def network(*_, **__):
        pytest.fail("something asked the network")

    monkeypatch.setattr("socket.socket.connect", network)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_says_what_a_person_needs_to_know(name):
    entry = catalogue.find(name)
    assert entry.about
    assert entry.licence
    assert entry.range
    assert entry.bytes > 10**6
    assert entry.spread > 0
    assert entry.sources or entry.by_hand
    for source in entry.sources:
        assert source.files
        assert source.revision is None or re.fullmatch(r"[0-9a-f]{40}", source.revision)
        assert (source.repo is None) == (source.url is not None)
        assert source.url is None or re.fullmatch(r"[0-9a-f]{64}", source.sha256)


@pytest.mark.parametrize("name", sorted(catalogue.names()))
def test_a_name_leads_to_a_class_that_is_there(name):
    module, _, attribute = catalogue.names()[name].partition(":")
    found = find_spec(module)
    assert found is not None
    tree = ast.parse(Path(found.origin).read_text("utf-8"))
    assert attribute in {each.name for each in tree.body if isinstance(each, ast.ClassDef)}


def test_the_issues_names_are_all_there():
    wanted = "hpsv3 hpsv3++ hpsv3pp hpsv2 hpsv2.1 hpsv1 pickscore imagereward clip aesthetic mps"
    assert set(catalogue.names()) == {*wanted.split(), *EMBEDDED}
    assert catalogue.find("hpsv3pp") is catalogue.find("hpsv3++")


def test_a_name_that_is_near_is_suggested():
    with pytest.raises(UnknownName, match="pickscore"):
        catalogue.find("pikscore")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_is_said_at_once_in_one_sentence(nothing_here, name):
    entry = catalogue.find(name)
    assert not weights.is_here(entry)
    with pytest.raises(MissingWeights) as error:
        weights.locate(name)
    said = str(error.value)
    assert "\n" not in said
    assert name in said
    assert entry.size in said
    assert f"cohp rewards --get {name}" in said or entry.by_hand in said
    assert f"--reward {name}=FOLDER" in said
    assert not any(nothing_here.iterdir())


@pytest.mark.parametrize("name", EMBEDDED)
def test_what_comes_with_cohp_is_always_here(nothing_here, name):
    entry, said = catalogue.find(name), []
    assert weights.is_here(entry)
    folder = weights.locate(name)
    assert folder == download(entry, said.append) == entry.folder
    assert entry.licence in said[0]
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    assert size == pytest.approx(entry.bytes, rel=0.05)
    assert not any(nothing_here.iterdir())


@pytest.mark.parametrize(
    "name", ["hpsv2", "hpsv2.1", "pickscore", "clip", "aesthetic", "imagereward", "mps"]
)
def test_what_the_hub_has_brought_is_found_and_scores(nothing_here, name):
    published(nothing_here, name)
    entry = catalogue.find(name)
    assert weights.is_here(entry)
    golden = {"hpsv2.1": "hpsv2"}.get(name, name)
    if described := DESCRIBED.get(golden):
        (nothing_here / "cohp" / "rewards" / name).mkdir(parents=True)
        shutil.copy(GOLDEN / golden / described, nothing_here / "cohp" / "rewards" / name)
    kind, key = REWARDS[golden]
    for _ in range(2):  # the second time everything is in place already
        reward = kind(folder=weights.locate(name))
        (mean,) = scored(reward, cases(golden)[:1])
        assert mean == pytest.approx(cases(golden)[0]["expected"][key], abs=tolerance(golden))
    assert {path.name for path in (nothing_here / "cohp" / "rewards").iterdir()} == {
        name,
        *entry.needs,
    }


def test_one_missing_file_is_named_alone(nothing_here):
    published(nothing_here, "pickscore")
    next((nothing_here / "hub").rglob("config.json")).unlink()
    with pytest.raises(MissingWeights, match=r"it lacks config\.json of yuvalkirstain"):
        weights.locate("pickscore")


def test_a_download_says_size_and_licence_before_it_starts(nothing_here, monkeypatch):
    happened = []

    def brought(repo, file, *, revision, cache_dir):
        happened.append(f"{repo}/{file}@{revision}")
        assert cache_dir == str(nothing_here / "hub")
        source = catalogue.find("pickscore").sources[0]
        as_the_hub_keeps_it(
            nothing_here, Source((file,), repo, source.revision), GOLDEN / "pickscore"
        )

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", brought)
    folder = download(catalogue.find("pickscore"), happened.append)
    assert re.fullmatch(r"pickscore: 4\.0 GB, licence: MIT .*\.", happened[0])
    assert happened[2].startswith("yuvalkirstain/PickScore_v1/model.safetensors@a4e4367c")
    assert scored(REWARDS["pickscore"][0](folder=folder), cases("pickscore")[:1])
    before = len(happened)
    download(catalogue.find("pickscore"), happened.append)
    assert len(happened) == before + 1  # it says what it is, and fetches nothing again


@pytest.mark.usefixtures("nothing_here")
def test_a_download_that_fails_says_how_to_go_on(monkeypatch):
    def down(*_, **__):
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", down)
    with pytest.raises(MissingWeights, match="--get clip` again"):
        download(catalogue.find("clip"), lambda _: None)


@pytest.mark.usefixtures("nothing_here")
def test_what_only_a_person_can_fetch_is_said():
    with pytest.raises(MissingWeights, match="github"):
        download(catalogue.find("hpsv1"), lambda _: None)


def entry_at(url, content):
    source = Source(("head.pth",), url=url, sha256=hashlib.sha256(content).hexdigest())
    return Entry("head", "m:A", "about", "MIT", "1 to 2", 10, sources=(source,))


def test_a_file_at_an_address_is_kept_only_if_it_is_the_pinned_one(nothing_here, monkeypatch):
    content = io.BytesIO()
    torch.save({"a": torch.ones(2)}, content)
    opened = lambda *_, **__: io.BytesIO(content.getvalue())  # noqa: E731
    monkeypatch.setattr("cohp.reward.fetching.urlopen", opened)
    entry = entry_at("https://example.org/head.pth", content.getvalue())
    folder = download(entry, lambda _: None)
    assert (folder / "head.pth").read_bytes() == content.getvalue()

    other = entry_at("https://example.org/head.pth", b"what was expected")
    with pytest.raises(BadInput, match="another file"):
        download(other, lambda _: None)
    assert len(list((nothing_here / "cohp" / "downloads").iterdir())) == 1


@pytest.mark.usefixtures("nothing_here")
def test_an_address_is_https_or_nothing():
    with pytest.raises(BadInput, match="https"):
        download(entry_at("file:///etc/hostname", b""), lambda _: None)


def test_pickled_weights_are_converted_where_a_reward_wants_safetensors(nothing_here):
    state = nothing_here / "any.pth"
    torch.save({"model": {"a": torch.ones(2)}}, state)
    source = Source(("big.pth",), "some/one", "1" * 40, pickled="big.safetensors")
    as_the_hub_keeps_it(nothing_here, source, nothing_here, {"big.pth": "any.pth"})
    entry = Entry("big", "m:A", "about", "MIT", "1 to 2", 10, sources=(source,))
    folder = download(entry, lambda _: None)
    assert [path.name for path in folder.iterdir()] == ["big.safetensors"]
    assert (folder / "big.safetensors").read_bytes()[8:9] == b"{"


def test_where_there_are_no_links_files_are_copied(tmp_path, monkeypatch):
    def no_links(*_, **__):
        raise OSError("a required privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    target, place = tmp_path / "blob", tmp_path / "folder" / "model.safetensors"
    target.write_bytes(b"weights")
    link(place, target)
    assert place.read_bytes() == b"weights"
    assert [path.name for path in place.parent.iterdir()] == ["model.safetensors"]


def test_a_link_follows_a_new_version(tmp_path):
    place = tmp_path / "folder" / "config.json"
    for version in ("one", "two"):
        (tmp_path / version).write_text(version)
        link(place, tmp_path / version)
        assert place.read_text() == version


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path):
    def half(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    place = tmp_path / "kept" / "file"
    with pytest.raises(KeyboardInterrupt):
        put(place, half)
    assert list(place.parent.iterdir()) == []
