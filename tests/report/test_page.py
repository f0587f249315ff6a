"""The page: whole, inert, and true to the journal."""

from __future__ import annotations

import random
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from PIL import Image

from cohp.report import gallery as gallery_module
from cohp.report.curve import ticks
from cohp.report.gallery import Gallery
from cohp.report.markup import VOID, Html, tag
from cohp.report.page import page
from cohp.report.picture import Shrinker, opened
from cohp.types import Score

ADDRESSES = ("src", "href", "action", "data", "poster", "srcset")


class Reader(HTMLParser):
    """Reads a page, refusing what is not well nested."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.text = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        self.text.append(data)

    def all(self, name):
        return [attributes for each, attributes in self.tags if each == name]


@pytest.fixture
def read(story):
    return Reader(page(story))


def test_nothing_is_loaded_from_elsewhere(story, read):
    for name, attributes in read.tags:
        assert name not in {"script", "link", "iframe", "object", "base", "form"}
        assert not any(each.startswith("on") for each in attributes)
        for address in (attributes[each] for each in ADDRESSES if each in attributes):
            assert address.startswith(("#", "data:image/webp;base64,"))
    styles = page(story).split("<style>")[1].split("</style>")[0]
    assert "url(" not in styles
    assert "@import" not in styles


def test_every_image_has_an_alternative_text_and_a_size(read):
    for image in read.all("img"):
        assert image["alt"]
        assert int(image["width"]) > 0
        assert int(image["height"]) > 0


def test_headings_never_skip_a_level(read):
    levels = [int(name[1]) for name, _ in read.tags if name in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_links_lead_somewhere(read):
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {each["href"][1:] for each in read.all("a")} <= set(ids)


def test_a_prompt_is_text_and_nothing_else(stories):
    story = stories["evil"]
    text = page(story)
    read = Reader(text)
    assert story.prompt in "".join(read.text)
    assert "<script" not in text
    assert "<b>bold" not in text
    assert not [each for each in read.all("img") if "onerror" in each]


def test_hostile_reasons_facts_and_versions_are_inert(stories):
    story = stories["usual"]
    bad = '"><script>alert(1)</script>'
    worse = replace(story.entries[0], score=None, reason=bad, facts={bad: bad})
    text = page(replace(story, entries=(worse, *story.entries[1:]), versions={bad: bad}))
    assert "<script" not in text


def test_every_score_of_the_journal_is_on_the_page(story, read):
    text = " ".join(read.text)
    for entry in story.scored:
        assert story.ruler.number(entry.score.mean) in text
        assert str(entry.shot.seed) in text
    for entry in story.entries:
        if entry.reason:
            assert entry.reason in text


def test_each_figure_reads_its_own_score(stories):
    story = stories["usual"]
    figures = page(story).split("<figure")[1:]
    for figure in figures:
        own = figure.split('id="shot-')[1][:16]
        assert f"<b>{story.ruler.number(story.by_id[own].mean)}</b>" in figure


def test_the_marks_are_words_too(stories):
    story = stories["usual"]
    alts = [each["alt"] for each in Reader(page(story)).all("img")]
    assert sum("best, winner" in alt for alt in alts) == 2  # in its round, and in the lineage
    text = " ".join(Reader(page(story)).text)
    assert f"lineage {len(story.lineage)}" in text


def test_an_unfinished_run_says_so(stories):
    assert "not finished" in page(stories["interrupted"])
    assert "not finished" not in page(stories["usual"])


def test_every_dot_of_the_curve_is_an_image(stories):
    story = stories["usual"]
    assert len(Reader(page(story)).all("circle")) == len(story.scored)


def test_a_lost_image_leaves_a_card(stories, tmp_path):
    text = page(replace(stories["usual"], images=tmp_path))
    assert Reader(text).all("img") == []
    assert "no image" in text


def test_an_image_outside_the_folder_is_not_reached(stories, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (tmp_path / "images").mkdir()
    entry = replace(stories["usual"].entries[0], image="../secret.png")
    assert opened(tmp_path / "images", entry, 8) is None


def test_a_crowded_page_keeps_to_its_room(stories, monkeypatch):
    story = stories["usual"]
    monkeypatch.setattr(gallery_module, "MOST_SHOWN", 12)
    gallery = Gallery(story)
    shown = {each.shot.id for row in gallery.shown.values() for each in row}
    assert len(shown) <= 12
    assert story.lineage_ids <= shown
    assert "more images" in page(story)


def test_a_very_long_run_shows_the_rounds_that_mattered(stories, monkeypatch):
    story = stories["long"]
    monkeypatch.setattr(gallery_module, "MOST_SHOWN", 5)
    shown = Gallery(story).shown
    assert len(shown) <= 5
    assert max(story.rounds) in shown
    Reader(page(story))


def test_a_thumbnail_shrinks_until_it_fits():
    dice = random.Random(1)
    noise = Image.frombytes("RGB", (320, 320), dice.randbytes(320 * 320 * 3))
    for room in (60_000, 6000, 3000):
        shrinker = Shrinker(room)
        assert all(len(shrinker.shrink(noise)) <= room for _ in range(3))


def test_ticks_lie_within_and_cope_with_tiny_spans():
    for low, high in [(-3.0, 0.5), (0.271, 0.279), (9.9, 10.0), (-1e-6, 1e-6)]:
        values = ticks(low, high)
        assert 1 <= len(values) <= 6
        assert all(low <= value <= high for value in values)


def test_one_score_alone_is_a_curve(stories):
    story = stories["opening"]
    alone = replace(story.entries[0], score=Score(-0.5))
    Reader(page(replace(story, entries=(alone,))))


def test_markup_escapes_what_is_not_markup():
    assert tag("p", "a < b & c", Html("<b>d</b>")) == "<p>a &lt; b &amp; c<b>d</b></p>"
    assert tag("img", alt='"', hidden=True, src=None) == '<img alt="&quot;" hidden>'
    assert tag("i", class_="x", aria_label="y") == '<i class="x" aria-label="y"></i>'
