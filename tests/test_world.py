"""The world of scenes: same seed, same pictures, and captions that tell the truth."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from cohp.mini.vocabulary import (
    COLOURS,
    COUNTS,
    EXAMPLES,
    PLACES,
    SUBJECTS,
    TIMES,
    counting,
    plural,
    unknown,
    words,
)
from training.world.captions import caption, plain
from training.world.palette import LIGHTS, PAINTS
from training.world.places import PLACES as DRAWN_PLACES
from training.world.render import background, render
from training.world.scene import FOOT, SIDE, SIZES, TOGETHER, Scene, combinations, held_out
from training.world.stream import batches, scenes
from training.world.subjects import DRAW


def test_the_same_seed_gives_the_same_pictures_and_captions():
    (a, told_a), (b, told_b) = (next(batches(7, 4)) for _ in range(2))
    assert told_a == told_b
    assert np.array_equal(a, b)
    assert not np.array_equal(a, next(batches(8, 4))[0])


def test_a_batch_is_ready_for_training():
    pixels, captions = next(batches(0, 3))
    assert pixels.shape == (3, 3, 64, 64)
    assert pixels.dtype == np.float32
    assert -1 <= pixels.min() < 0 < pixels.max() <= 1
    assert len(captions) == 3


def test_everything_in_the_vocabulary_can_be_drawn():
    assert set(SUBJECTS) == set(DRAW)
    assert set(COLOURS) == set(PAINTS)
    assert set(PLACES) == set(DRAWN_PLACES)
    assert set(TIMES) == set(LIGHTS)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_fills_its_box_without_leaving_it(subject):
    scene = Scene(subject, "red", "beach", "day", size=40, left=16)
    changed = np.abs(render(scene) - background("beach", "day")).max(axis=-1) > 0.02
    rows, columns = np.nonzero(changed)
    assert rows.min() >= 16
    assert rows.max() < 56
    assert columns.min() >= 16
    assert columns.max() < 56
    assert changed.mean() > 0.08


def test_a_caption_says_only_what_is_true():
    tables = {"subject": SUBJECTS, "colour": COLOURS, "place": PLACES, "time": TIMES}
    for scene, told in islice(scenes(3), 400):
        for name, table in tables.items():
            truth = getattr(scene, name)
            text = told.text.replace("green field", "field") if name == "colour" else told.text
            named = [key for key, names in table.items() if _names(text, names)]
            assert named == ([truth] if name in told.says else []), (told, scene)


def _names(text: str, phrases: tuple[str, ...]) -> bool:
    bare = [phrase.removeprefix("in ").removeprefix("on ") for phrase in phrases]
    return any(f" {phrase} " in f" {text} " for phrase in bare)


def test_any_part_of_a_scene_may_go_unsaid():
    said = {told.says for _, told in islice(scenes(4), 600)}
    one = {"subject", "count"}
    assert {frozenset({*one, "colour", "time"}), frozenset(one)} <= said
    assert frozenset({"subject", "colour", "time"}) in said
    assert {frozenset({"place", "time"}), frozenset({"place"})} & said


def test_almost_every_caption_is_made_of_known_words():
    strange = [unknown(told.text) for _, told in islice(scenes(5), 500)]
    assert all(len(some) <= 1 for some in strange)
    assert 0 < sum(map(bool, strange)) < 30


def test_known_and_unknown_words():
    assert not any(unknown(example) for example in EXAMPLES)
    assert unknown("Portrait of Einstein, at dawn") == ("portrait", "einstein")
    assert unknown("one red fox") == ()
    assert unknown("two red foxes") == ("two", "foxes")
    assert list(words()) == sorted(set(words()))


def test_held_out_combinations_never_appear_in_training():
    kept = combinations(held=True)
    assert len(kept) >= 200
    assert len(kept) + len(combinations(held=False)) == 16 * 8 * 6 * 6
    for scene, _ in islice(scenes(6), 1000):
        assert not held_out(scene.subject, scene.colour, scene.place, scene.time)
        assert scene.left in SIZES[scene.size]


def test_every_attribute_occurs_in_the_held_out_prompts():
    kept = combinations(held=True)
    for i, table in enumerate((SUBJECTS, COLOURS, PLACES, TIMES)):
        assert {combination[i] for combination in kept} == set(table)


def test_the_usual_caption():
    owl = Scene("owl", "orange", "forest", "night")
    assert plain(owl) == "an orange owl in a forest at night"
    assert plain(replace(owl, count="two")) == "two orange owls in a forest at night"


@pytest.mark.parametrize("count", COUNTS)
def test_a_caption_says_how_many(count):
    rng, known = np.random.default_rng(0), {*words(), *counting()}
    for _ in range(100):
        scene = replace(next(scenes(int(rng.integers(1000))))[0], count=count)
        told = caption(scene, rng)
        numbers = [word for word in told.text.split() if word in COUNTS]
        assert ("count" in told.says) >= bool(numbers)
        assert numbers == [count] * len(numbers)
        assert not numbers or count == "one" or set(told.text.split()) & set(counting())
        assert len(set(told.text.split()) - known) <= 1
        if "subject" in told.says and count != "one":
            assert numbers


def test_nouns_of_several():
    several = [plural(noun) for noun in ("fox", "bunny", "hot air balloon", "tortoise")]
    assert several == ["foxes", "bunnies", "hot air balloons", "tortoises"]


@pytest.mark.parametrize("count", COUNTS)
def test_several_stand_side_by_side_in_one_picture(count):
    for size, lefts in TOGETHER[count].items():
        for left in lefts:
            scene = Scene("teapot", "red", "beach", "day", size=size, left=left, count=count)
            assert len(scene.lefts) == COUNTS[count]
            assert scene.right <= SIDE
            changed = np.abs(render(scene) - background("beach", "day")).max(axis=-1) > 0.02
            boxes = [changed[FOOT - size : FOOT, at : at + size] for at in scene.lefts]
            assert all(box.mean() > 0.25 for box in boxes)
            assert sum(box.sum() for box in boxes) == changed.sum()
