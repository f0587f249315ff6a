"""The facts that follow from a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cohp.record.entry import Entry
from cohp.report.story import winner
from cohp.report.why import choice, why
from cohp.report.words import Ruler, count, duration, shortened
from cohp.types import Score, Shot


def entry(mean, number=0, index=0, **values):
    shot = Shot("m", "p", 64, 64, 7, number, index, **values)
    return Entry(shot, None if mean is None else Score(mean))


def told(stories, *entries):
    return replace(stories["empty"], entries=entries)


def test_every_shape_tells_its_samples(stories, shape):
    assert shape in stories


def test_the_best_is_never_worse_than_any_other(story):
    if story.best:
        assert story.best.mean == max(each.mean for each in story.entries)
    else:
        assert not story.scored


def test_the_lineage_runs_from_an_ancestor_without_a_parent_to_the_best(story):
    for before, after in zip(story.lineage, story.lineage[1:], strict=False):
        assert after.shot.parent == before.shot.id
    if story.lineage:
        assert story.lineage[0].shot.parent is None
        assert story.lineage[-1] is story.best
    if story.verdict:
        assert [each.shot for each in story.lineage] == [
            each.shot for each in story.verdict.lineage
        ]


def test_the_running_best_never_falls_and_ends_at_the_best(story):
    means = [each.mean for each in story.running_best.values()]
    assert means == sorted(means)
    if means:
        assert means[-1] == story.best.mean


def test_ties_go_to_the_earlier_image_whichever_was_answered_first(stories):
    first, second = entry(1.0, index=0), entry(1.0, index=1)
    later = entry(1.0, number=1)
    story = told(stories, later, second, first)
    assert story.best is first
    assert story.running_best[1] is first


def test_an_entry_without_a_score_never_wins():
    assert winner([entry(None), entry(-900.0, index=1)]).mean == -900.0
    assert winner([entry(None)]) is None


def test_standings_hold_the_mean_of_what_was_scored(stories):
    story = stories["patchy"]
    for standing in story.standings:
        means = [each.mean for each in standing.entries if each.score]
        assert standing.mean == pytest.approx(sum(means) / len(means))
    assert [each.model for each in story.standings if each.chosen] == [story.chosen.model]


def test_why_names_the_score_the_model_and_the_gain(stories):
    story = stories["usual"]
    first, second = why(story)
    assert story.ruler.score(story.best.score) in first
    assert f"{len(story.scored)} images" in first
    assert story.best.shot.model in second
    assert story.ruler.number(story.best.mean - story.lineage[0].mean) in second


def test_why_is_two_whole_sentences_for_every_shape(story):
    assert all(sentence.endswith(".") for sentence in why(story))


def test_why_copes_with_one_image_a_tie_and_a_loss(stories):
    one = entry(1.0)
    assert "only image" in why(told(stories, one))[0]
    assert "ties go to the earlier one" in why(told(stories, one, entry(1.0, index=1)))[0]
    parent = entry(None)
    child = entry(2.0, 1, parent=parent.shot.id, strength=0.5)
    assert why(told(stories, parent, child))[1].endswith(".")


def test_why_says_when_the_image_is_not_by_the_chosen_model(stories):
    story = stories["usual"]
    lucky = replace(story.rounds[0][-1], score=Score(99.0))
    swapped = tuple(lucky if each.shot == lucky.shot else each for each in story.entries)
    said = why(replace(story, entries=swapped, verdict=None))[1]
    assert f"though {story.chosen.model} was chosen" in said


def test_the_choice_lists_the_highest_standing_first(stories):
    story = stories["patchy"]
    ranked = sorted(story.chosen.standings.values(), reverse=True)
    assert choice(story).endswith(f"{ranked[-1]:.0%}.")
    assert choice(stories["negative"]) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "40 ms"),
        (2, "2 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (61, "1 min 01 s"),
        (7260, "2 h 01 min"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_small_scores_get_more_decimals():
    assert Ruler.of([entry(0.2731)]).number(0.2731) == "0.2731"
    assert Ruler.of([entry(0.2), entry(-12.0, index=1)]).number(0.2) == "0.20"


def test_words():
    assert count(1, "image") == "1 image"
    assert count(1200, "image") == "1,200 images"
    assert shortened("a  b\nc", 9) == "a b c"
    assert shortened("abcdef", 4) == "abc…"
