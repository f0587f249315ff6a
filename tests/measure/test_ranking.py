"""Ranks and preferences: groups, ties, several rewards, copies that overwrite nothing."""

from __future__ import annotations

import math

import pytest
from pictures import picture

from cohp.errors import BadInput, NothingScored, OutUnwritable, UnknownName
from cohp.measure.copying import copy_all
from cohp.measure.items import Item, Judged
from cohp.measure.panel import Judge
from cohp.measure.places import check_folder
from cohp.measure.preference import preference_of, strangers, sure
from cohp.measure.ranking import best, grouping, rank
from cohp.reward.combine import Member, Parts
from cohp.types import Score

ALONE = Judge("hpsv3", (Member("hpsv3"),), ("hpsv3",))
BOTH = Judge("hpsv3+hpsv2", (Member("hpsv3", 3.0), Member("hpsv2")), ("hpsv3", "hpsv2"))


def judged(name, said, prompt="a fox", judge=ALONE, **values):
    said = said if isinstance(said, str | Score) else Score(said)
    return Judged(Item(name, name, prompt, values), prompt, {judge.name: said})


def places(ranked):
    return [(each.group, each.place, each.judged.item.name) for each in ranked]


def test_each_prompt_is_ranked_by_itself_and_equals_keep_their_order():
    some = [judged("a", 1.0), judged("b", 2.0, "a hare"), judged("c", 3.0), judged("d", 3.0)]
    some.append(judged("e", "damaged"))
    assert places(rank(some, ALONE, grouping("prompt"))) == [
        ("a fox", 1, "c"),
        ("a fox", 2, "d"),
        ("a fox", 3, "a"),
        ("a hare", 1, "b"),
    ]
    assert places(rank(some, ALONE, grouping("prompt"), top=1)) == [
        ("a fox", 1, "c"),
        ("a hare", 1, "b"),
    ]


def test_groups_may_be_folders_all_or_a_column():
    some = [judged("x/a", 1.0, style="ink"), judged("y/b", 2.0, style="oil")]
    some.append(judged("x/c", 3.0, style="oil"))
    names = [(each.group, each.judged.item.name) for each in rank(some, ALONE, grouping("folder"))]
    assert names == [("x", "x/c"), ("x", "x/a"), ("y", "y/b")]
    assert len({each.group for each in rank(some, ALONE, grouping("all"))}) == 1
    styles = rank(some, ALONE, grouping("style", ["style"]), top=1)
    assert places(styles) == [("ink", 1, "x/a"), ("oil", 1, "x/c")]
    with pytest.raises(UnknownName, match="Did you mean style"):
        grouping("styles", ["style"])


def test_the_first_is_preferred_as_likely_as_the_scores_say():
    first, second, third = rank([judged("a", 0.0), judged("b", 1.0), judged("c", 1.0)], ALONE)
    assert first.behind is None
    assert second.behind == 0.5
    assert third.behind == pytest.approx(1 / (1 + math.exp(-1)))
    mine = list(rank([judged("a", 0.0), judged("b", 1.0)], ALONE, preference=lambda a, b: a.mean))
    assert mine[1].behind == 1.0


def parts(hpsv3, hpsv2):
    return Parts(0.0, None, {"hpsv3": Score(hpsv3), "hpsv2": Score(hpsv2)})


def test_several_rewards_add_up_on_the_scale_of_their_group():
    some = [
        judged("a", parts(0.0, 0.20), judge=BOTH),
        judged("b", parts(1.0, 0.10), judge=BOTH),
        judged("c", parts(50.0, 0.15), judge=BOTH),
    ]
    ranks = [(each.judged.item.name, each.score.mean) for each in rank(some, BOTH, combine="ranks")]
    assert ranks[0] == ("c", pytest.approx((3 * 5 / 6 + 3 / 6) / 4))
    scores = list(rank(some, BOTH))
    assert sum(each.score.mean for each in scores) == pytest.approx(0, abs=1e-9)
    assert [name for name, _ in ranks] == ["c", "b", "a"]
    # In deviations b is hardly better than a by the one, and much worse by the other.
    assert [each.judged.item.name for each in scores] == ["c", "a", "b"]


def test_a_preference_is_read_as_each_reward_was_trained():
    hpsv2 = Judge("hpsv2", (Member("hpsv2"),), ("hpsv2",))
    chance = preference_of(hpsv2)(Score(0.29), Score(0.28))
    assert chance == pytest.approx(1 / (1 + math.exp(-1)))
    one = preference_of(ALONE)(Score(2.0), Score(1.0))
    both = preference_of(BOTH)(parts(2.0, 0.28), parts(1.0, 0.29))
    assert both == pytest.approx((3 * one + (1 - chance)) / 4)
    odd = Judge("clip+mine", (Member("clip"), Member("mine")), ("clip", "mine"))
    assert strangers(odd) == ["clip", "mine"]
    assert strangers(BOTH) == []
    doubtful = Parts(1.0, 0.5, {"hpsv3": Score(1.0, 0.5), "hpsv2": Score(0.2)})
    assert sure(doubtful) == Parts(1.0, None, {"hpsv3": Score(1.0), "hpsv2": Score(0.2)})


def test_nothing_to_rank_says_why():
    with pytest.raises(NothingScored, match="damaged"):
        best([judged("a", "damaged")], ALONE)
    with pytest.raises(NothingScored, match="there are none"):
        best([], ALONE)


def test_copies_are_named_by_place_and_nothing_is_overwritten(tmp_path):
    some = []
    for folder, score in (("x", 1.0), ("y", 2.0)):
        path = picture(tmp_path / folder / "1.png", 20 + int(score))
        some.append(judged(str(path), score))
    some += [judged(some[0].item.name, score) for score in range(-9, 0)]
    ranked = list(rank(some, ALONE, grouping("all")))
    target = tmp_path / "best"
    copies = list(copy_all(ranked, target))
    assert [path.name for path in copies[:2]] == ["01-1.png", "02-1.png"]
    assert copies[0].read_bytes() == (tmp_path / "y/1.png").read_bytes()
    assert list(copy_all(ranked, target)) == copies
    copies[0].write_bytes(b"mine")
    again = list(copy_all(ranked, target))
    assert (again[0].name, copies[0].read_bytes()) == ("01-1-2.png", b"mine")
    assert not [path for path in target.iterdir() if path.name.startswith(".")]


def test_each_group_has_a_folder_of_its_own(tmp_path):
    path = str(picture(tmp_path / "1.png"))
    prompts = ["a fox!", "a fox?", "狐", "///", "x" * 300]
    ranked = list(
        rank([judged(path, 1.0, prompt) for prompt in prompts], ALONE, grouping("prompt"))
    )
    folders = [copy.parent.name for copy in copy_all(ranked, tmp_path / "best")]
    assert folders == ["a-fox", "a-fox-2", "狐", "group", "x" * 60]


def test_where_copies_cannot_go_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="is a file"):
        check_folder(tmp_path / "file")
    with pytest.raises(BadInput, match="There is no folder"):
        check_folder(tmp_path / "none/best")
    check_folder(tmp_path / "best")
    (tmp_path / "best").mkdir()
    (tmp_path / "best/1-gone.png").mkdir()
    with pytest.raises(OutUnwritable, match="No such file"):
        list(copy_all(list(rank([judged("gone.png", 1.0)], ALONE)), tmp_path / "best"))
