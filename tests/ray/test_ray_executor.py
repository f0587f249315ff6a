"""The executor on a cluster answers as the local one does."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest
from small import FAKES, make_recipe

from cohp.engine import Engine
from cohp.errors import BadInput, Missing
from cohp.executors.local import LocalExecutor
from cohp.search.base import opening
from cohp.types import Jury, Scored

pytestmark = pytest.mark.timeout(600)
EMBEDDED = ["mini-poster", "mini-mural"]


@pytest.fixture(scope="module")
def site(joined):
    from cohp.executors.ray.cluster import nodes
    from cohp.executors.ray.site import open_site

    with open_site("test", nodes(), models=FAKES, judges=["fake"], workers="2") as made:
        yield made


@pytest.fixture
def executor(site):
    from cohp.executors.ray.executor import RayExecutor

    made = RayExecutor(site)
    yield made
    made.close()


def told(result):
    entries = result.folder.entries
    return [(shot, each.score, each.referee, each.image) for shot, each in entries.items()]


def test_answers_are_those_of_the_local_executor(executor, tmp_path):
    for place, changes in enumerate(
        ({"referee": "fake"}, {"per_model": 10, "carry": "best"}, {"search": "halving"})
    ):
        recipe = make_recipe(**changes)
        away = Engine(executor).run(recipe, out=tmp_path / f"away-{place}")
        here = Engine().run(recipe, out=tmp_path / f"here-{place}")
        assert told(away) == told(here)
        assert away.verdict == here.verdict
        assert away.path.read_bytes() == here.path.read_bytes()
        assert away.folder.revisions == here.folder.revisions


@pytest.mark.nightly
def test_embedded_models_pick_and_score_alike(executor, tmp_path):
    options = {"models": EMBEDDED, "reward": "mini-judge", "rounds": 1, "seed": 3}
    options |= {"per_model": 1, "batch": 1}
    away = Engine(executor).generate("a red fox at dawn", out=tmp_path / "away", **options)
    here = Engine().generate("a red fox at dawn", out=tmp_path / "here", **options)
    assert away.model == here.model
    assert away.score.mean == pytest.approx(here.score.mean, abs=1e-4)
    levels = [np.asarray(each.image, dtype=int) for each in (away, here)]
    assert np.abs(levels[0] - levels[1]).max() <= 1


def test_what_is_wrong_is_said_as_it_is_here(executor):
    shots = opening(make_recipe(models=["fake-ink"], per_model=2)).shots
    with pytest.raises(Missing):
        executor.require(["sdxl"], Jury("fake"))
    with pytest.raises(BadInput, match="no reward called"):
        executor.require(FAKES, Jury("fakes"))
    stop = Event()
    answers = executor.answer(shots, jury=Jury("fake"), parents={}, stop=stop)
    local = LocalExecutor().answer(shots, jury=Jury("fake"), parents={}, stop=stop)
    assert list(answers) == list(local)
    stop.set()
    assert not list(executor.answer(shots, jury=Jury("fake"), parents={}, stop=stop))


def test_a_worker_that_is_killed_costs_one_more_drawing(executor):
    import ray

    shots = opening(make_recipe(models=["fake-ink"], per_model=24)).shots
    answers = executor.answer(shots, jury=Jury("fake"), parents={}, stop=Event())
    first = next(answers)
    for actor in ray.util.list_named_actors(all_namespaces=True):
        if "generators" in actor["name"]:
            ray.kill(ray.get_actor(**actor), no_restart=False)
            break
    rest = list(answers)
    assert [each.shot for each in [first, *rest]] == list(shots)
    assert all(isinstance(each, Scored) for each in rest)
