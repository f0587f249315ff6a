"""Features of the smaller rewards: what their scores are read from."""

from __future__ import annotations

import pytest
import torch
from golden_cases import REWARDS, cases, loaded, picture, scored

from cohp.errors import BadImage


def embedded(name, some):
    reward = loaded(name)
    images = [picture(case) for case in some]
    return reward.embed(prompts=[case.get("prompt", "") for case in some], images=images)


@pytest.mark.parametrize("name", REWARDS)
def test_there_is_a_row_for_each_pair_that_may_be_trained_on(name):
    rows = embedded(name, cases(name)[:5])
    assert rows.shape[0] == 5
    assert rows.dtype == torch.float32
    assert not rows.is_inference()
    with pytest.raises(BadImage):
        loaded(name).embed(prompts=[""], images=[picture(cases(name)[0]).resize((1, 9))])


@pytest.mark.parametrize(("name", "scale"), [("clip", 1.0), ("hpsv2", 1.0), ("pickscore", None)])
def test_a_cosine_is_of_the_two_features(name, scale):
    some, reward = cases(name)[:5], loaded(name)
    texts = reward.embed_text(prompts=[case["prompt"] for case in some])
    cosines = (embedded(name, some) * texts).sum(-1)
    whole = float(reward.model.scale) if scale is None else scale
    assert (cosines * whole).tolist() == pytest.approx(scored(reward, some), abs=1e-4)


@pytest.mark.parametrize("name", ["aesthetic", "imagereward"])
def test_a_rating_is_the_heads_of_the_features(name):
    some, reward = cases(name)[:5], loaded(name)
    with torch.inference_mode():
        rated = reward.model["head"](embedded(name, some))[:, 0]
    if name == "imagereward":
        rated = (rated - 0.16717362830052426) / 1.0333394966054072
    assert rated.tolist() == pytest.approx(scored(reward, some), abs=1e-4)
