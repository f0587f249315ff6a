"""Images that exist already: opened ahead, judged in batches, answered in order."""

from __future__ import annotations

import threading
from itertools import islice
from pathlib import Path

import pytest
from pictures import Width, picture
from PIL import Image

from cohp.errors import BadImage
from cohp.measure import gathering
from cohp.measure.items import Item
from cohp.measure.judging import judge
from cohp.measure.panel import Panel
from cohp.measure.prompting import listing
from cohp.measure.score_cache import ScoreCache
from cohp.reward.fake import FakeReward
from cohp.types import Score


@pytest.fixture
def paths(tmp_path):
    return [picture(tmp_path / f"{width}.png", width) for width in range(10, 30)]


@pytest.fixture
def cache(tmp_path):
    made = ScoreCache(tmp_path / "scores.sqlite")
    yield made
    assert made.trouble is None
    made.close()


def cached(**rewards):
    """Make a panel whose scores are kept."""
    panel = Panel.of(**rewards)
    return Panel(list(panel.judges.values()), rewards, {name: name for name in rewards})


def means(judged):
    return [each.score.mean if each.score else None for each in judged]


def test_images_are_scored_in_growing_batches_and_in_order(paths):
    reward = Width()
    judged = list(judge(listing(paths[4:], ["a fox"]), Panel.of(width=reward)))
    assert means(judged) == [float(path.stem) for path in paths[4:]]
    assert [each.image for each in judged] == paths[4:]
    assert reward.batches == [1, 2, 4, 8, 1]


def test_an_image_the_reward_refuses_costs_no_other_its_score(paths):
    judged = list(judge(listing(paths, ["a fox"]), Panel.of(width=Width(), fake=FakeReward())))
    assert [each.image for each in judged] == paths
    assert [each.error for each in judged if each.error] == ["thirteen"]
    assert all(isinstance(each.said["fake"], Score) for each in judged)


def test_what_cannot_be_opened_or_judged_is_said(tmp_path):
    picture(tmp_path / "good.png")
    (tmp_path / "empty.png").write_bytes(b"")
    whole = picture(tmp_path / "whole.jpg", 64).read_bytes()
    (tmp_path / "whole.jpg").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (64, 64), "red").save(tmp_path / "plain.png")
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    judged = {
        each.item.name.rpartition("/")[2]: each.error
        for each in judge(listing([tmp_path], ["a fox"]), Panel.of(fake=FakeReward()))
    }
    assert judged.pop("good.png") is None
    assert "is empty" in judged["empty.png"]
    assert "damaged" in judged["whole.jpg"]
    assert "one colour" in judged["plain.png"]
    assert "no image file" in judged["self.png"]


def test_half_a_letter_in_a_prompt_is_said_and_the_rest_goes_on(paths):
    asked = [Item(paths[0], "a", "\ud800"), Item(paths[1], "b", "a fox")]
    first, second = judge(asked, Panel.of(fake=FakeReward()))
    assert first.error == "The prompt of a is not Unicode text."
    assert second.score


def test_a_known_score_is_neither_decoded_nor_asked_for(paths, cache, monkeypatch):
    first, second = Width(), Width()
    asked = listing(paths, ["a fox"])
    before = list(judge(asked, cached(width=first), cache))
    monkeypatch.setattr("cohp.measure.opening.decode", None)
    bad = [path for path in paths if path.stem == "13"]
    again = list(
        judge(listing([p for p in paths if p not in bad], ["a fox"]), cached(width=second), cache)
    )
    assert means(again) == [mean for mean in means(before) if mean]
    assert second.batches == []


def test_a_score_is_of_its_content_prompt_and_reward_whatever_its_name(paths, cache):
    list(judge(listing(paths[:1], ["a fox"]), cached(width=Width()), cache))
    copy = paths[0].with_name("copy.png")
    copy.write_bytes(paths[0].read_bytes())
    same, other = Width(), Width()
    list(judge(listing([copy], ["a fox", "a hare"]), cached(width=same), cache))
    assert same.prompts == ["a hare"]
    picture(paths[0], 40)
    list(judge(listing(paths[:1], ["a fox"]), cached(width=other), cache))
    assert other.prompts == ["a fox"]


def test_members_are_cached_one_by_one(paths, cache):
    both = {"width": Width(), "fake": FakeReward()}
    list(judge(listing(paths[:2], ["a fox"]), cached(width=Width()), cache))
    judged = list(judge(listing(paths[:3], ["a fox"]), cached(**both), cache))
    assert both["width"].batches == [1]
    assert [set(each.said) for each in judged] == [{"width", "fake"}] * 3


def test_a_picture_in_memory_is_cached_by_its_levels(cache):
    images = [Image.effect_noise((width, 16), 50) for width in (20, 21)]
    images += [images[0].convert("RGB"), images[0].quantize(4)]
    first, second = Width(), Width()
    asked = [Item(image, f"image {n}", "a fox") for n, image in enumerate(images)]
    before = means(judge(asked, cached(width=first), cache))
    assert means(judge(asked, cached(width=second), cache)) == before
    assert (sum(first.batches), second.batches) == (4, [])


def test_only_so_many_are_opened_ahead(tmp_path, monkeypatch):
    monkeypatch.setattr(gathering, "WINDOW", 6)
    taken = []
    path = picture(tmp_path / "x.png")

    def items():
        for number in range(100):
            taken.append(number)
            yield Item(path, str(number), "a fox")

    stream = judge(items(), Panel.of(fake=FakeReward()))
    list(islice(stream, 10))
    assert len(taken) < 25
    stream.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("cohp-ahead")]


def test_large_pictures_wait_for_room_and_none_is_lost(paths, monkeypatch):
    # Less room than two pictures take: whoever is first in line gets in all the same.
    monkeypatch.setattr(gathering, "MOST_PIXELS", 500)
    reward = Width()
    judged = list(judge(listing(paths[6:], ["a fox"]), Panel.of(width=reward)))
    assert means(judged) == [float(path.stem) for path in paths[6:]]
    assert set(reward.batches) == {1}


class Ready(Width):
    """Takes widths, which it finds out ahead; refuses an image of 14 pixels even then."""

    def prepare(self, picture):
        assert threading.current_thread().name.startswith("cohp-ahead")
        if picture.width == 14:
            raise BadImage("fourteen")
        return picture.width

    def score(self, *, prompts, images):
        self.batches.append(len(images))
        return [Score(float(width)) for width in images]


def test_a_reward_that_can_make_images_ready_has_it_done_ahead(paths):
    ready, plain = Ready(), Width()
    judged = list(judge(listing(paths[4:], ["a fox"]), Panel.of(ready=ready, plain=plain)))
    assert judged[0].said == {"ready": "fourteen", "plain": Score(14.0)}
    assert means(judged)[1:] == [float(path.stem) for path in paths[5:]]
    assert (sum(ready.batches), sum(plain.batches)) == (15, 16)


def test_a_picture_made_ready_gives_its_room_back_at_once(paths, monkeypatch):
    monkeypatch.setattr(gathering, "MOST_PIXELS", 500)
    reward = Ready()
    list(judge(listing(paths[6:], ["a fox"]), Panel.of(ready=reward)))
    assert max(reward.batches) > 1


def test_a_stop_ends_it_after_the_batch_in_hand(paths):
    stop = threading.Event()
    judged = []
    for each in judge(listing(paths[4:], ["a fox"]), Panel.of(fake=FakeReward()), stop=stop):
        judged.append(each)
        if len(judged) == 2:
            stop.set()
    assert len(judged) == 3


def test_what_is_done_is_not_opened_again(paths):
    reward = Width()
    done = {str(path) for path in paths[:15]}
    judged = list(
        judge(
            listing(paths, ["a fox"]),
            Panel.of(width=reward),
            done=lambda name, prompt: name in done and prompt == "a fox",
        )
    )
    assert [bool(each.said) for each in judged] == [False] * 15 + [True] * 5
    assert sum(reward.batches) == 5


def test_an_error_in_the_machinery_is_no_verdict_on_an_image(paths, monkeypatch):
    def broken(_image):
        raise ZeroDivisionError

    monkeypatch.setattr("cohp.measure.opening.refusal", broken)
    with pytest.raises(ZeroDivisionError):
        list(judge(listing(paths, ["a fox"]), Panel.of(fake=FakeReward())))


def test_rows_are_flat_and_say_which_weights(paths):
    judged = list(judge(listing([*paths[3:5], Path("none.png")], ["a fox"]), Panel.of(w=Width())))
    rows = [row for each in judged for row in each.rows()]
    assert rows[1] == {
        "image": str(paths[4]),
        "prompt": "a fox",
        "reward": "w",
        "revision": "1",
        "mean": 14.0,
        "std": None,
    }
    assert rows[0]["error"] == "thirteen"
    assert "no image file" in rows[2]["error"]
