"""The terminal views: any events in any order, and the lines that scripts and people read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import events, recipe
from rich.console import Console

from cohp.events import Finished, ImageDone, RoundDone, Started
from cohp.record.entry import Entry
from cohp.report.live import LiveView, view
from cohp.report.panel import panel
from cohp.report.plain import PlainView, Silent
from cohp.report.progress import Progress, bars
from cohp.types import Chosen, Note, Score, Scored, Shot, Verdict

RUN = Path("runs/fox")


def console(width=80, terminal=True, encoding=None):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding or "utf-8", write_through=True)
    return Console(file=file, force_terminal=terminal, width=width, height=24, color_system=None)


def read(screen):
    screen.file.seek(0)
    return screen.file.read()


def plain(told, asked):
    screen = console(terminal=False)
    with view(screen) as show:
        for event in events(told, asked):
            show(event)
    return read(screen).splitlines()


scores = st.none() | st.builds(Score, st.floats(-1e6, 1e6), st.none() | st.floats(0, 1e3))
entries = st.builds(
    lambda score, number, index, model: Entry(
        Shot(model, "p", 64, 64, 1, number, index), score, None if score else "why"
    ),
    scores, st.integers(0, 40), st.integers(0, 3), st.sampled_from(["a", "b" * 90]),
)  # fmt: skip
some_events = st.one_of(
    st.builds(lambda n, m: Started(RUN, recipe(), n, m), st.integers(0, 9), st.integers(0, 9)),
    st.builds(ImageDone, entries, st.integers(0, 50), st.integers(0, 50)),
    st.builds(
        RoundDone,
        st.integers(0, 40),
        st.lists(entries, max_size=4).map(tuple),
        st.none() | entries.filter(lambda each: each.score),
    ),
    st.builds(lambda value: Chosen("a", {"a": value, "c": 0.0}, "mean"), st.floats(-9, 9)),
    st.builds(Note, st.text(max_size=300)),
    st.builds(
        lambda entry: Finished(
            RUN, Verdict("a", Scored(entry.shot, entry.score), ()), RUN / "best.png"
        ),
        entries.filter(lambda each: each.score),
    ),
)


@settings(max_examples=40)
@given(st.lists(some_events, max_size=12), st.integers(10, 120), st.integers(3, 40))
def test_any_events_can_be_shown_at_any_size(sequence, width, height):
    progress, screen = Progress(lambda: 5.0), console(width)
    for event in sequence:
        progress.add(event)
        screen.print(panel(progress, width, height))
    with PlainView(screen) as show:
        for event in sequence:
            show(event)
    assert max(map(len, bars(list(progress.entries.values()), 0, 1).split()), default=0) <= 24


def test_the_live_view_shows_the_run_and_where_it_is(stories):
    screen, asked = console(), recipe()
    story = stories["usual"]
    with view(screen) as show:
        assert isinstance(show, LiveView)
        for event in events(story, asked):
            show(event)
    text = read(screen)
    assert "★ " + story.ruler.score(story.best.score) in text
    assert "images/" + story.best.image in text
    assert "28 of 28 images" in text
    assert "going on with 2" in text
    assert "report runs/red-fox-at-dawn/report.html" in text
    assert "mean 8.80  chosen" in text


def test_the_live_view_gives_the_terminal_back_when_interrupted(stories):
    screen = console()
    show = view(screen)
    show.__enter__()
    show(events(stories["usual"], recipe())[0])
    show.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert read(screen).endswith("\x1b[?25h")  # the cursor is there again


@pytest.mark.parametrize("height", [10, 24])
def test_a_long_run_fits_the_terminal(stories, height):
    progress = Progress()
    for event in events(stories["long"], recipe(rounds=9)):
        progress.add(event)
    assert len(panel(progress, 80, height).renderables) <= max(height, 15)


def test_lines_are_cut_at_eighty_columns(stories):
    progress, screen = Progress(), console()
    for event in events(stories["long"], recipe("word " * 300)):
        progress.add(event)
    screen.print(panel(progress, 80, 24))
    assert max(map(len, read(screen).splitlines())) <= 80


def test_the_pace_counts_only_what_this_session_drew(stories):
    now = iter([0.0, 10.0])
    entry = stories["usual"].entries[0]
    progress = Progress(lambda: next(now))
    progress.add(Started(RUN, recipe(), 20, 10))
    assert progress.left is None
    progress.add(ImageDone(entry, 12, 20))
    assert progress.left == pytest.approx(40.0)


def test_plain_lines(stories):
    story = stories["usual"]
    lines = plain(story, recipe())
    assert lines[0] == story.prompt
    assert lines[1] == "28 images, in runs/red-fox-at-dawn"
    assert lines[2].startswith("stage one: 9.13 ± 0.34  flux-dev  seed ")
    assert lines[3].startswith("chosen by mean: flux-dev (flux-dev 8.80, ")
    assert sum(line.startswith("round ") for line in lines) == 4
    assert "note: out of memory with 4 images at once: going on with 2" in lines
    assert lines[-3].startswith(f"best: {story.ruler.score(story.best.score)}  flux-dev  seed ")
    assert lines[-2:] == [
        "image: runs/red-fox-at-dawn/best.png",
        "report: runs/red-fox-at-dawn/report.html",
    ]


def test_plain_lines_of_every_shape(story):
    assert all("\x1b" not in line for line in plain(story, recipe()))


def test_plain_lines_name_a_round_without_scores(stories):
    lines = plain(stories["patchy"], recipe())
    assert any(
        line.startswith("round 2: nothing scored  (the lead stays ")
        and line.endswith("4 images, 4 without a score")
        for line in lines
    )


def test_a_narrow_encoding_gets_question_marks():
    screen = console(terminal=False, encoding="ascii")
    PlainView(screen)(Started(RUN, recipe("a fox 狐"), 1, 0))
    assert "a fox ?" in read(screen)


def test_markup_in_a_prompt_is_shown_as_it_is():
    screen = console(terminal=False)
    PlainView(screen)(Started(RUN, recipe("[bold]fox[/] [link=x]"), 1, 0))
    assert "[bold]fox[/] [link=x]" in read(screen)


def test_quiet_says_nothing(stories):
    screen = console()
    with view(screen, quiet=True) as show:
        assert isinstance(show, Silent)
        for event in events(stories["usual"], recipe()):
            show(event)
    assert read(screen) == ""
