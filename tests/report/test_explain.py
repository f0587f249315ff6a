"""What `cohp show` tells."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from cohp.report.explain import explain
from cohp.report.why import why


def told(story, width=80):
    screen = Console(file=io.StringIO(), width=width)
    screen.print(explain(story))
    return screen.file.getvalue()


def test_every_shape_is_told_within_the_width(story):
    lines = told(story).splitlines()
    assert max(map(len, lines)) <= 80
    said = " ".join(" ".join(lines).split())
    assert all(sentence in said for sentence in why(story))


def test_the_lineage_is_told_in_order(story):
    text = told(story, 200)
    if not story.lineage:
        assert "Lineage" not in text
        return
    lineage = text.split("Lineage")[1].splitlines()[1 : len(story.lineage) + 1]
    for before, entry, line in zip((None, *story.lineage), story.lineage, lineage, strict=False):
        assert story.ruler.score(entry.score) in line
        assert f"seed {entry.shot.seed}" in line
        if before:
            assert story.ruler.gain(entry.mean - before.mean) in line
            assert f" {entry.shot.strength:.2f}, noise {entry.true_start:.2f}" in line
    assert lineage[-1].lstrip().startswith("★")


def test_a_step_of_the_lineage_fits_a_line(stories):
    story = stories["usual"]
    rows = told(story).split("Lineage")[1].splitlines()[1 : len(story.lineage) + 1]
    ends = [f"seed {entry.shot.seed}" for entry in story.lineage]
    assert [row.rstrip().endswith(end) for row, end in zip(rows, ends, strict=True)] == [
        True
    ] * len(ends)


def test_the_candidates_stand_with_the_rule_that_chose(stories):
    text = told(stories["patchy"], 200)
    assert "was chosen by probability of holding the best image" in text
    chosen = next(line for line in text.splitlines() if "●" in line)
    assert stories["patchy"].chosen.model in chosen
    assert chosen.rstrip().endswith("chosen")


def test_a_candidate_without_a_score_says_so(stories):
    assert "no image has a score" in told(stories["unscored"])


def test_one_candidate_is_no_choice(stories):
    assert "Candidates" not in told(stories["negative"])


def test_markup_in_a_prompt_is_shown_as_it_is(stories):
    story = stories["usual"]
    odd = replace(story, recipe={**story.recipe, "prompt": "[bold]fox[/]"})
    assert "[bold]fox[/]" in told(odd)
