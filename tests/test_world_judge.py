"""What the embedded reward learns from is true: what pictures show, how votes fall."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
import torch

from cohp.mini.vocabulary import COUNTS
from cohp.reward.hpsv3 import HPSv3
from cohp.select import beats
from cohp.types import Score
from training.reward.batch import batch
from training.reward.export import write
from training.reward.flaws import FLAWS, possible, spoil
from training.reward.grow import grow
from training.reward.lessons import Lesson, Teacher, bytes_of, drawn, levels, near, other, wanted
from training.reward.loss import spread, surprise
from training.reward.net import Shape
from training.reward.reliability import draw_plot, error
from training.reward.taste import disagreement, taste, votes
from training.reward.train import Pupil, encoder
from training.reward.truth import PLACEMENTS, faults, look, moved, told
from training.world.captions import Caption, plain
from training.world.render import background, render
from training.world.scene import Scene, held_out

FOX = Scene("fox", "red", "meadow", "dawn")
EVERYTHING = frozenset(("subject", "colour", "place", "time", "count"))


def cost(seen, **said):
    return -taste(seen, said or {"subject": "fox", "colour": "red"}).mean


@pytest.mark.parametrize("which", range(0, len(PLACEMENTS), 3))
def test_a_rendering_shows_its_own_scene(which):
    scene = replace(FOX, **PLACEMENTS[which])
    for seed in range(2):  # rendered at its size, and larger
        seen = look(levels(bytes_of(drawn(scene, np.random.default_rng(seed)))))
        assert seen.scene == scene
        assert all(seen.belief[name][getattr(scene, name)] > 0.8 for name in EVERYTHING)
        assert cost(seen) < 0.5


def test_an_empty_place_shows_nobody():
    seen = look(background("meadow", "dawn").copy())
    assert seen.belief["subject"]["nobody"] > 0.9
    assert seen.belief["place"]["meadow"] > 0.9
    assert cost(seen) > 5


@pytest.mark.parametrize("flaw", FLAWS)
def test_more_of_a_flaw_is_further_from_the_truth(flaw):
    assert flaw in possible(FOX)
    much = [
        np.mean([sum(faults(spoiled(flaw, share, seed), FOX)[:3]) for seed in range(6)])
        for share in (0.0, 0.5, 1.0)
    ]
    assert 0.005 < much[0] < much[2]
    assert much[1] < 1.2 * much[2]


def spoiled(flaw, share, seed):
    return spoil(flaw, render(FOX), FOX, share, np.random.default_rng(seed))


def test_what_a_prompt_names_costs_and_what_it_leaves_out_does_not():
    seen = told(render(FOX), FOX)
    assert cost(seen) == cost(seen, place="meadow") == 0
    assert cost(seen, subject="cat") > cost(seen, colour="blue") > cost(seen, time="night") > 2
    assert taste(seen, {"subject": "cat"}).deviation > taste(seen, {"subject": "fox"}).deviation
    assert taste(seen, {}, unsure=True).deviation > taste(seen, {}).deviation


def test_a_wrong_count_costs_and_an_unsaid_one_does_not():
    two = replace(FOX, count="two", size=28, left=4)
    for shown in (FOX, two):
        seen = look(render(shown))
        assert cost(seen, subject="fox") < 0.5
        costs = {count: cost(seen, subject="fox", count=count) for count in COUNTS}
        assert min(costs, key=costs.get) == shown.count
        assert sorted(costs.values())[1] > 3


def test_more_than_one_is_spoilt_only_in_ways_that_were_drawn():
    two = replace(FOX, count="two", size=28, left=4)
    assert {"blur", "ghost"} <= set(possible(two)) < set(possible(FOX))
    rng = np.random.default_rng(0)
    assert all(
        spoil(name, render(two), two, 1.0, rng).shape == (64, 64, 3) for name in possible(two)
    )


def test_lessons_are_wrong_in_count_too():
    rng, teacher = np.random.default_rng(0), Teacher([])
    lessons = [teacher.lesson(rng) for _ in range(30)]
    wrong = [
        lesson
        for lesson in lessons
        if {each.scene.count for each in lesson.seen} - {lesson.prompt.said.get("count")}
    ]
    assert 5 < len(wrong) < 30
    assert {lesson.prompt.said.get("count") for lesson in lessons} >= set(COUNTS)


def test_a_judge_grows_by_new_words_and_forgets_none(tmp_path, monkeypatch):
    shape = Shape(sight=32, sight_depth=1, width=32, depth=2, inner=48, head=8)
    with monkeypatch.context() as before:
        before.setattr("training.reward.wording.counting", tuple)
        few = encoder()
        torch.manual_seed(0)
        old = Pupil(shape, few.size)
        for weights in old.parameters():  # as if it had learnt: before, no word matters
            weights.data += torch.randn_like(weights) / 10
        write(tmp_path, shape, old.judge.state_dict())
    reader = encoder()
    new = Pupil(shape, reader.size)
    grow(new.judge, tmp_path)
    picture = torch.from_numpy(bytes_of(render(FOX))).permute(2, 0, 1)[None]

    def says(pupil, reading, text):
        with torch.no_grad():
            seen = pupil.judge.look(picture)
            ids = [reading.ids(text, seen.shape[1])]
            return pupil.judge.judge(seen, ids, reading.image_start)[0].tolist()[0]

    before, after = says(old, few, "a red fox"), says(new, reader, "a red fox")
    assert after == pytest.approx(before, abs=0.02)
    assert says(new, reader, "a red foxes") == pytest.approx(after, abs=1e-5)
    assert says(new, reader, "two foxes") != pytest.approx(says(new, reader, "one foxes"), abs=1e-3)


def test_annotators_agree_about_what_is_wrong_and_not_about_grain():
    wrong = taste(told(render(FOX), FOX), {"subject": "cat"})
    grainy = taste(told(spoiled("noise", 0.1, 0), FOX), {"subject": "fox"})
    assert wrong.mean < grainy.mean < 0
    assert wrong.deviation < grainy.deviation
    tastes = np.array([[0.0, 0.5], [-3.0, 2.0]])
    apart = disagreement(tastes, 10_000, np.random.default_rng(0))
    assert apart.tolist() == pytest.approx([0.25, 4], rel=0.05)


def test_the_likeliest_deviation_is_that_of_the_ratings():
    lost = [spread(torch.tensor([[9.0, log(std)]]), torch.tensor([4.0])) for std in (1, 2, 4)]
    assert min(lost) == lost[1]


def test_annotators_vote_as_the_ranking_model_says():
    tastes = np.array([[1.5, 0.4], [0.0, 2.0]])
    share = votes(tastes, np.array([[0, 1], [1, 0]]), 40_000, np.random.default_rng(0))
    expected = beats(Score(1.5, 0.4), Score(0.0, 2.0))
    assert share.tolist() == pytest.approx([expected, 1 - expected], abs=0.01)


def test_the_loss_is_the_logarithm_of_the_probability_that_a_beats_b():
    judged = torch.tensor([[1.5, log(0.4)], [0.0, log(2.0)]])
    lost = surprise(judged, torch.tensor([[0, 1], [1, 0]]), torch.tensor([1.0, 0.25]))
    chance = beats(Score(1.5, 0.4), Score(0.0, 2.0))
    mixed = -(0.25 * log(1 - chance) + 0.75 * log(chance))
    assert lost.tolist() == pytest.approx([-log(chance), mixed], abs=1e-3)


def test_nothing_that_is_taught_is_held_out():
    rng = np.random.default_rng(0)
    for _ in range(300):
        name = sorted(EVERYTHING)[int(rng.integers(len(EVERYTHING)))]
        changed = other(FOX, name, rng)
        assert not held_out(changed.subject, changed.colour, changed.place, changed.time)
        assert getattr(changed, name) != getattr(FOX, name)
        said = near(FOX, EVERYTHING, rng).said
        assert len([key for key, value in said.items() if getattr(FOX, key) != value]) == 1


def test_a_pupil_learns_from_a_lesson_and_what_it_writes_scores_alike(tmp_path):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    shape = Shape(sight=32, sight_depth=1, width=32, depth=2, inner=48, head=8)
    reader = encoder()
    pupil = Pupil(shape, reader.size)
    scenes = [FOX, moved(FOX, rng), replace(FOX, colour="blue"), replace(FOX, subject="castle")]
    pictures = [render(scene) for scene in scenes]
    lesson = Lesson(
        wanted(FOX, Caption(plain(FOX), EVERYTHING)),
        np.stack([bytes_of(each) for each in pictures]),
        [told(*each) for each in zip(pictures, scenes, strict=True)],
        [near(FOX, EVERYTHING, rng)],
    )
    given = batch([lesson, lesson], reader, 0.3, rng)
    optimizer = torch.optim.AdamW(pupil.parameters(), lr=3e-3)
    lost = []
    for _ in range(30):
        judged = pupil(given, reader.image_start).judged
        lost.append(surprise(judged, given.pairs, given.share).mean())
        lost[-1].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert lost[-1] < 0.8 * lost[0]

    write(tmp_path, shape, pupil.judge.state_dict())
    images = list(given.pictures[:4] / 255)
    scores = HPSv3(tmp_path).score(prompts=[lesson.prompt.text] * 4, images=images)
    with torch.no_grad():
        judged = pupil(given, reader.image_start).judged
    assert [each.mean for each in scores] == pytest.approx(judged[:4, 0].tolist(), abs=0.02)
    assert [log(each.std) for each in scores] == pytest.approx(judged[:4, 1].tolist(), abs=0.02)


def test_a_probability_that_is_what_it_says_has_no_error():
    rng = np.random.default_rng(0)
    said = rng.random(20_000)
    voted = (rng.random(20_000) < said).astype(float)
    assert error(said, voted) < 0.02
    assert error(said, 1 - voted) > 0.3
    assert draw_plot(said, voted).count("<circle") == 10
