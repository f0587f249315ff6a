"""The effect benchmark: equal shots are drawn once, costs are counted, rivals cost as much."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from cohp.executors.local import LocalExecutor
from cohp.recipes import make

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in [name for name in sys.modules if name.startswith("effect")]:
        del sys.modules[name]


class Counting(LocalExecutor):
    """Remembers every shot it was asked for."""

    asked: list[str] = []  # noqa: RUF012 - of one test

    def answer(self, shots, **told):
        self.asked += [shot.id for shot in shots]
        return super().answer(shots, **told)


def recipe(base=None, **options):
    models = options.pop("models", ["fake-ink"])
    return make(base, {"prompt": "a red fox", "seed": 3, "models": models, **options})


def test_settings_that_share_shots_draw_them_once():
    from effect_draw import run  # noqa: PLC0415 - found by the fixture

    executor = Counting()
    executor.asked = []
    wanted = {
        "longest": recipe(search="best-of-n", per_model=6),
        "chain": recipe(rounds=2),
        "other": recipe(rounds=2, carry="winner"),
    }
    ran = run(executor, wanted)
    assert len(executor.asked) == len(set(executor.asked))
    assert [each.shot.id for each in ran["chain"].tried[:4]] == [
        each.shot.id for each in ran["longest"].tried[:4]
    ]
    # The first round of both chains has the same parent.
    assert ran["chain"].tried[:8] == ran["other"].tried[:8]
    assert ran["chain"].verdict.best.score == max(
        (each.score for each in ran["chain"].tried), key=lambda score: score.mean
    )


def test_a_refined_image_costs_only_the_steps_it_ran():
    from effect_draw import evaluations  # noqa: PLC0415 - found by the fixture

    from cohp.types import Drawn, Shot  # noqa: PLC0415

    shot = Shot("mini-poster", "a red fox", 128, 128, 1, 0, 0)
    assert evaluations(Drawn(shot, None)) == 24  # 12 steps, each with guidance
    assert evaluations(Drawn(shot, None, facts={"steps": "7 of 12"})) == 14


def told(score, fault, *, evaluations=24, number=0, model="mini-poster"):
    found = dict.fromkeys(("subject", "colour", "place", "time"), True)
    return {
        "model": model,
        "round": number,
        "evaluations": evaluations,
        "score": score,
        "fault": fault,
        "parent": None,
        "strength": None,
        **found,
    }


def test_a_chain_is_set_beside_the_best_of_n_that_costs_as_much_or_more(tmp_path):
    from effect_study import studies  # noqa: PLC0415 - found by the fixture

    shots = {"a": told(1, 0.2), "b": told(3, 0.2), "c": told(2, 0.0)}
    shots["d"] = told(4, 0.0, evaluations=14, number=1)
    line = {
        "prompt": 0,
        "shots": shots,
        "settings": {
            "mini-poster: best of N": {"tried": ["a", "b", "c"]},
            "mini-poster: default": {"tried": ["a", "b", "d"]},
        },
    }
    (tmp_path / "results.jsonl").write_text(json.dumps(line) + "\n")
    (study,) = studies(tmp_path)
    (chain,) = study.chains
    assert chain.cost == 62
    assert study.rival(chain).name == "best of 3"
    assert [each.values("right")[0] for each in study.best_of] == [0, 0, 0]
    assert chain.values("right")[0] == 1
    assert chain.after(0).values("right")[0] == 0


def test_what_refining_did_is_told_by_strength_and_by_the_parent(tmp_path):
    from effect_study import Refining, refining  # noqa: PLC0415 - found by the fixture

    shots = {"a": told(1, 0.2), "b": told(3, 0.0)}
    for name, parent, fault in (("c", "a", 0.0), ("d", "a", 0.2), ("e", "b", 0.0)):
        shots[name] = told(1, fault, number=1) | {"parent": parent, "strength": 0.6}
    (tmp_path / "results.jsonl").write_text(json.dumps({"shots": shots}) + "\n")
    assert refining(tmp_path) == [
        Refining(0.6, right=False, images=2, afterwards=0.5),
        Refining(0.6, right=True, images=1, afterwards=1.0),
    ]


def test_an_interval_holds_the_mean_and_narrows_with_prompts():
    from effect_study import interval, ratio  # noqa: PLC0415 - found by the fixture

    few, many = np.tile([0.0, 1.0], 10), np.tile([0.0, 1.0], 1000)
    mean, low, high = interval(few)
    assert low < mean == 0.5 < high
    assert interval(many)[2] - interval(many)[1] < (high - low) / 5
    assert ratio(many, many) == (1, 1, 1)
