"""Several rewards behind one face, and a run's scores put on one scale."""

from __future__ import annotations

import pytest
from golden_cases import cases, loaded, picture

from cohp.errors import BadImage, BadInput
from cohp.reward.combine import Member, Parts, fit
from cohp.reward.ensemble import Ensemble
from cohp.reward.wanted import read
from cohp.types import Score


def ensemble(text="pickscore*2+aesthetic"):
    return Ensemble({each.member: loaded(each.name) for each in read(text)})


def test_each_member_says_what_it_says_alone():
    some = cases("pickscore")[:3]
    asked = {"prompts": [c["prompt"] for c in some], "images": [picture(c) for c in some]}
    scores = ensemble().score(**asked)
    for name in ("pickscore", "aesthetic"):
        alone = loaded(name).score(**asked)
        assert [score.members[name] for score in scores] == alone
    assert all(isinstance(score, Parts) for score in scores)


def test_the_opening_fixes_the_scale_and_later_rounds_are_read_on_it():
    some = cases("pickscore")[:9]
    reward = ensemble()
    scores = reward.score(prompts=[c["prompt"] for c in some], images=[picture(c) for c in some])
    opening, later = [score.members for score in scores[:6]], scores[6:]
    scale = fit(reward.members, opening)
    first = [scale.combine(members).mean for members in opening]
    assert sum(first) == pytest.approx(0, abs=1e-9)
    # Read one by one or all at once, before or after: the scale does not move.
    again = [scale.combine(score.members) for score in (*scores, *later)]
    assert [score.mean for score in again[:6]] == first
    assert again[6:9] == again[9:12]


def test_its_revision_names_every_members_and_its_weight():
    revision = ensemble().revision
    assert loaded("pickscore").revision in revision
    assert "pickscore@" in revision
    assert "*2" in revision
    assert revision != ensemble("pickscore+aesthetic").revision


def test_what_one_member_refuses_none_scores():
    with pytest.raises(BadInput):
        ensemble().score(prompts=["a", "b"], images=[picture(cases("clip")[0])])
    black = picture(cases("clip")[0]).point(lambda _: 0)
    with pytest.raises(BadImage):
        ensemble().score(prompts=["a"], images=[black])


def test_closing_closes_every_member():
    closed = []

    class Closing:
        revision = "1"

        def score(self, *, prompts, images):
            return [Score(1.0) for _ in prompts]

        def close(self):
            closed.append(self)

    both = Ensemble({Member(name): Closing() for name in "ab"})
    assert both.score(prompts=["x"], images=[None])[0].mean == 1
    both.close()
    assert len(closed) == 2


def test_nobody_is_no_ensemble():
    with pytest.raises(BadInput):
        Ensemble({})
