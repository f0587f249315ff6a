"""A repository that no catalogue pins is pinned when it arrives; a hub on loopback moves on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from golden_cases import GOLDEN, REWARDS, cases, scored, tolerance
from huggingface_hub import hf_hub_download
from small_hub import COMMIT, serving

from cohp.cli import main
from cohp.errors import MissingWeights
from cohp.pins import commit_of, pin, pin_file, pinned
from cohp.reward import catalogue, weights
from cohp.reward.fetching import download
from cohp.reward.loading import load

NEWER = "fedcba98" * 5
MPS, CLIP = "RE-N-Y/mpsv1", "laion/CLIP-ViT-H-14-laion2B-s32B-b79K"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("COHP_CACHE", str(tmp_path / "cohp"))
    serve = serving(tmp_path, monkeypatch)
    files = {path.name: path.read_bytes() for path in (GOLDEN / "mps").iterdir()}
    # The sizes of its last layers are built in for the published weights; these come described.
    described = tmp_path / "cohp" / "rewards" / "mps" / "cross_config.json"
    described.parent.mkdir(parents=True)
    described.write_bytes(files["cross_config.json"])
    return lambda commit=COMMIT: serve(commit=commit, **{MPS: files, CLIP: files})


def get(name="mps"):
    said = []
    return download(catalogue.find(name), said.append), "\n".join(said)


def test_the_first_commit_that_comes_is_said_and_held_to(hub):
    with hub() as asked:
        folder, said = get()
    assert f"The hub's newest is {COMMIT}: this machine holds to it from now on." in said
    assert "It was daceecc... before: scores may differ from others'." in said
    assert f"Getting model.safetensors from {MPS} at {COMMIT[:12]}" in said
    assert f"{MPS}/resolve/{COMMIT}/model.safetensors" in asked
    assert not [path for path in asked if path.startswith(MPS) and "/main/" in path]
    assert pinned(MPS) == COMMIT
    assert pinned(CLIP) is None  # the catalogue names its commit
    with hub(NEWER) as asked:
        assert get()[0] == folder
        assert not asked


def test_the_commit_that_was_seen_comes_without_a_warning(hub):
    with hub("daceecc" + "0" * 33):
        assert "before" not in get()[1]


def test_what_went_away_comes_back_at_the_same_commit_though_the_hub_has_a_newer_one(hub, tmp_path):
    with hub():
        get()
    shutil.rmtree(tmp_path / "hub")
    with pytest.raises(MissingWeights, match=f"lacks model.safetensors of {MPS} at {COMMIT[:12]}"):
        weights.locate("mps")
    with hub(NEWER) as asked:
        get()
    assert f"{MPS}/resolve/{COMMIT}/model.safetensors" in asked
    assert not [path for path in asked if path.startswith("api/")]


def test_a_newer_version_that_another_program_brings_changes_nothing(hub, tmp_path):
    with hub():
        get()
    with hub(NEWER):
        hf_hub_download(MPS, "model.safetensors", cache_dir=tmp_path / "hub")
    found = (weights.locate("mps") / "model.safetensors").resolve()
    assert (tmp_path / "hub" / "models--RE-N-Y--mpsv1" / "refs" / "main").read_text() == NEWER
    link = tmp_path / "cohp" / "rewards" / "mps" / "model.safetensors"
    assert COMMIT in str(link.readlink())
    assert found.is_file()


def test_what_was_here_before_is_held_to_once_it_is_used(hub, tmp_path):
    with hub():
        get()
        pin_file(MPS).unlink()
        hf_hub_download(MPS, "model.safetensors", cache_dir=tmp_path / "hub")
    assert weights.is_here(catalogue.find("mps"))
    assert pinned(MPS) is None  # a list of names changes nothing
    weights.locate("mps")
    assert pinned(MPS) == COMMIT


def test_a_journal_names_the_commit_and_the_scores_are_right(hub):
    with hub():
        get()
    reward = load("mps", device="cpu")
    assert reward.revision == f"{MPS}@{COMMIT}"
    (mean,) = scored(reward, cases("mps")[:1])
    assert mean == pytest.approx(cases("mps")[0]["expected"]["score"], abs=tolerance("mps"))
    own = load(f"mps={GOLDEN / 'mps'}", device="cpu")
    assert own.revision == REWARDS["mps"][0](folder=GOLDEN / "mps").revision
    assert COMMIT not in own.revision


def test_the_command_shows_it_without_a_network(hub, monkeypatch):
    assert (
        f"{MPS} (held to the commit that arrives), {CLIP} at"
        in CliRunner().invoke(main, ["rewards", "mps"]).output
    )
    with hub():
        said = CliRunner().invoke(main, ["rewards", "--get", "mps"])
        assert said.exit_code == 0, said.output
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    told = CliRunner().invoke(main, ["rewards", "mps"]).output
    assert f"{MPS} at {COMMIT[:12]}" in told
    assert "here      yes" in told


@pytest.mark.parametrize("offline", [True, False])
def test_what_cannot_come_is_one_sentence(hub, monkeypatch, offline):
    with hub():
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
        with pytest.raises(MissingWeights) as error:
            get()
    assert "\n" not in str(error.value)
    assert "run `cohp rewards --get mps` again" in str(error.value)
    assert pinned(MPS) is None


def test_the_first_pin_stays_and_damage_is_no_pin(tmp_path, monkeypatch):
    monkeypatch.setenv("COHP_CACHE", str(tmp_path))
    assert pin("some/one", COMMIT) == COMMIT
    assert pin("some/one", NEWER) == COMMIT
    pin_file("some/one").write_text("main\n")
    assert pinned("some/one") is None
    assert pin("some/one", NEWER) == NEWER == pinned("some/one")


def test_a_commit_is_read_from_where_a_file_lies():
    found = Path("hub/models--a--b/snapshots") / COMMIT / "text" / "config.json"
    assert commit_of(found, "text/config.json") == COMMIT
