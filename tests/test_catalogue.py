"""The catalogue: ours holds together, and a user's own entries come on top."""

import re
from pathlib import Path

import pytest

from cohp import catalogue as module
from cohp.catalogue import Model, catalogue, default_models, find
from cohp.errors import BadInput, UnknownName
from cohp.likeness import ENTRIES
from cohp.pipelines.presence import is_here, status
from cohp.recipe import build

HUB = [model for model in catalogue().values() if model.origin == "hub"]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return a function that writes a user's file and reads the catalogue again."""
    file = tmp_path / "models.toml"
    monkeypatch.setenv("COHP_MODELS", str(file))

    def write(text):
        file.write_text(text)
        catalogue.cache_clear()
        return catalogue()

    catalogue.cache_clear()
    yield write
    catalogue.cache_clear()


@pytest.mark.parametrize("model", HUB, ids=lambda model: model.name)
def test_an_entry_says_what_a_person_needs_to_decide(model):
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", model.source)
    assert model.revision is None or re.fullmatch(r"[0-9a-f]{40}", model.revision)
    assert model.licence
    assert model.bytes > 10**9
    assert model.family
    assert model.dtype
    assert model.steps
    assert model.guidance is not None
    assert model.width % model.size_multiple == model.height % model.size_multiple == 0
    assert model.about


def test_every_open_model_of_the_benchmark_is_named():
    wanted = "kolors flux-dev playground-v2.5 cogview4 pixart-sigma sdxl hunyuandit sd3-medium sd21"
    assert set(wanted.split()) <= catalogue().keys()


def test_most_entries_are_pinned():
    assert [model.name for model in HUB if model.revision is None] == ["hidream"]


def test_each_class_borrows_from_an_entry_there_is():
    assert set(ENTRIES.values()) <= catalogue().keys()


@pytest.mark.parametrize("model", HUB, ids=lambda model: model.name)
def test_the_page_on_models_tells_what_the_entry_says(model):
    page = (Path(__file__).parents[1] / "docs" / "models.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{model.name}` |"))
    assert f"| {model.steps}, {model.guidance:g} |" in row
    assert f"| {model.size.removeprefix('about ')} | {model.licence} |" in row
    assert ("asks for consent" in row) == model.gated
    assert ("not pinned" in row) == (model.revision is None)


def test_the_default_models_need_no_download():
    assert default_models()
    assert all(is_here(find(name)) for name in default_models())


def test_a_user_adds_an_entry_and_replaces_one(own, tmp_path):
    models = own(
        '[mine]\nsource = "./weights"\nloras = [{ source = "./l.safetensors", weight = 0.5 }]\n'
        '[sdxl]\nsource = "someone/else"\nsteps = 12\n'
    )
    assert models["mine"].generator == "diffusers"
    assert models["mine"].source == str(tmp_path / "weights")
    assert models["mine"].loras[0].source == str(tmp_path / "l.safetensors")
    assert models["sdxl"].source == "someone/else"
    assert models["sdxl"].steps == 12
    assert "kolors" in models


def test_a_hosted_entry_refines_nothing_and_may_need_no_key(own):
    painter = own('[painter]\ngenerator = "hosted"\nsource = "http://localhost:1/v1"\n')["painter"]
    assert (painter.origin, painter.refines, painter.negative) == ("hosted", False, False)
    assert status(painter) == "here"


@pytest.mark.parametrize(
    "text",
    ["[mine\n", "[mine]\nstepz = 3\n", "[mine]\nsteps = 0\n", "mine = 3\n", "[m]\nprice = -1\n"],
)
def test_a_broken_file_is_named(own, text):
    with pytest.raises(BadInput, match=r"models\.toml cannot be read"):
        own(text)


def test_an_unknown_name_says_what_is_close():
    with pytest.raises(UnknownName, match="sdxl"):
        find("sdlx")


def test_the_size_is_told_for_people():
    assert Model(name="m").size == "of unknown size"
    assert Model(name="m", bytes=6_940_000_000).size == "about 6.9 GB"
    assert Model(name="m", bytes=12_000_000).size == "about 12 MB"


def test_the_user_file_is_in_the_settings_folder(monkeypatch):
    monkeypatch.delenv("COHP_MODELS")
    assert module.user_file().name == "models.toml"


def test_the_embedded_judge_judges_the_embedded_models_alone():
    base = {"prompt": "a fox", "seed": 1}
    assert build(base).reward == "mini-judge"
    assert build({**base, "models": ["mini-poster", "fake-ink"]}).reward == "fake"
    assert build({**base, "reward": "fake"}).reward == "fake"
