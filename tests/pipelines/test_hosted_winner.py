"""A hosted model wins stage one; a local one refines its picture, which is encoded once."""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from drawing import generator
from images_service import answer, serving
from PIL import Image
from small import make_recipe
from tiny import tiny

from cohp import catalogue
from cohp.executors.local import LocalExecutor
from cohp.pipelines.hosted import HostedGenerator
from cohp.record.recorder import Recorder
from cohp.run import Run


@pytest.fixture
def known(tmp_path, monkeypatch):
    """Name two models in a file of one's own: a service, and the family that is here."""
    entries = (
        '[painter]\ngenerator = "hosted"\nsource = "http://127.0.0.1"\nkey = "PICTURES_KEY"\n'
        'width = 96\nheight = 96\nrefines = false\nprice = 0.04\noptions = { model = "p" }\n'
        '[local]\nsource = "/none"\nwidth = 64\nheight = 64\nsteps = 4\n'
    )
    (tmp_path / "models.toml").write_text(entries)
    monkeypatch.setenv("COHP_MODELS", str(tmp_path / "models.toml"))
    monkeypatch.setenv("PICTURES_KEY", "secret")
    catalogue.catalogue.cache_clear()
    yield
    catalogue.catalogue.cache_clear()


@pytest.mark.usefixtures("known")
def test_a_hosted_winner_is_refined_by_the_local_candidate(tmp_path, monkeypatch):
    clean = BytesIO()
    Image.linear_gradient("L").resize((96, 96)).convert("RGB").save(clean, "PNG")
    pipeline = tiny("sd15")
    local = generator("sd15", pipeline=pipeline)
    encoded = []
    vae = pipeline.vae
    encode = vae.encode
    monkeypatch.setattr(vae, "encode", lambda *a, **k: encoded.append(1) or encode(*a, **k))
    with serving(answer(base64.b64encode(clean.getvalue()).decode())) as (address, asked):
        service = catalogue.find("painter").model_copy(update={"source": address})

        def load(name):
            return local if name == "local" else HostedGenerator(service)

        painter = {"name": "painter", "width": 96, "height": 96}
        recipe = make_recipe(models=[painter, "local"], carry="winner", rounds=2)
        with Recorder.begin(tmp_path / "run", recipe) as recorder:
            verdict = Run(recorder, LocalExecutor(load_model=load), lambda _: None).finish()
            entries = list(recorder.entries.values())
    assert len(asked) == recipe.per_model
    assert verdict.model == "painter"
    first = [each for each in entries if each.shot.round == 1]
    parents = {each.shot.id: each.shot.model for each in entries}
    assert {parents[each.shot.parent] for each in first} == {"painter"}
    assert {(each.shot.model, each.shot.width) for each in first} == {("local", 64)}
    assert all(each.score for each in first)
    assert len(encoded) == 1
