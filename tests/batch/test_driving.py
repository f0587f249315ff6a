"""What is kept and shown while a cluster works on a batch."""

from __future__ import annotations

from io import StringIO
from itertools import count

import pytest
from rich.console import Console

from cohp.batch import driving
from cohp.batch.book import Book, Done
from cohp.batch.driving import Cluster, Driving
from cohp.batch.lines import Asked
from cohp.batch.page import MOST_SHOWN, Page
from cohp.batch.records import Records
from cohp.commands.batch_cluster_view import ClusterView
from cohp.engine import compose
from cohp.errors import Interrupted
from cohp.types import Score


def asked(number):
    recipe = compose("x", models=["fake-ink"], seed=1)
    return [Asked(n, n, f"{n:04}", recipe) for n in range(1, number + 1)]


class Deaf:
    def tell(self, asked, done):
        pass

    def state(self, cluster):
        pass


def test_the_page_is_written_now_and_then_and_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(driving, "monotonic", count(0, 25).__next__)
    records = Records(str(tmp_path / "all"))
    book = records.begin(asked(4), [])
    pages = []
    with Driving(records, book, Deaf()) as hear:
        for each in book.asked:
            hear.done(Done(each.number, reason="no image"))
            pages.append((tmp_path / "all/index.html").exists())
    # Written after the first minute, before the end.
    assert pages == [False, False, True, True]
    assert (tmp_path / "all/index.html").read_text().count("no image") == 4


def test_what_is_wrong_goes_before_what_is_left(tmp_path):
    records = Records(str(tmp_path / "all"))
    book = records.begin(asked(1), [])
    with pytest.raises(ValueError, match="mine"), Driving(records, book, Deaf()):
        raise ValueError("mine")
    with (
        pytest.raises(Interrupted, match="cohp batch --ray --resume --out"),
        Driving(records, book, Deaf()),
    ):
        pass


def test_the_pace_is_that_of_late_and_failures_are_counted():
    clock = iter([0.0, 600.0, 1200.0, 1800.0])
    book = Book(asked(10), [])
    console = Console(file=StringIO(), width=200)
    view = ClusterView(console, book, 10, quiet=False, clock=clock.__next__)
    for done in (Done(1, "fake-ink", Score(0.5)), Done(2, reason="no image")):
        book.take(done)
        view.tell(book.asked[done.number - 1], done)
    view.state(Cluster(2, 8, 7.6, 4, 3.5))
    told = console.file.getvalue()
    assert "8 prompts to go, 2 nodes, 3.5 of 4 GPUs, 7.6 of 8 CPUs in use" in told
    assert "4 prompts an hour, 2 h 00 min left, 1 failed" in told


def test_a_log_hears_of_the_cluster_once_a_minute():
    clock = iter([0.0, *range(0, 150, 10)])
    console = Console(file=StringIO(), width=200)
    view = ClusterView(console, Book(asked(3), []), 3, quiet=False, clock=clock.__next__)
    for _ in range(15):
        view.state(Cluster(1, 2, 1, 0, 0))
    assert console.file.getvalue().count("3 prompts to go") == 3


def test_on_a_terminal_the_cluster_stands_under_the_bar():
    console = Console(file=StringIO(), width=200, force_terminal=True)
    with ClusterView(console, Book(asked(3), []), 3, quiet=False) as view:
        view.state(Cluster(5, 2, 1, 0, 0))
    assert console.file.getvalue().count("3 prompts to go, 5 nodes") == 1


def test_a_page_of_very_many_prompts_stays_small(monkeypatch):
    book = Book(asked(MOST_SHOWN + 1000), [])
    read = []

    def pictures(runs):
        read.extend(each.number for each in runs)
        return [None for _ in runs]

    for each in book.asked:
        book.take(Done(each.number, "fake-ink", Score(0.5)))
    page = Page(book, pictures)
    text = page.draw()
    assert page.draw() == text
    assert text.count("<figure") == MOST_SHOWN
    assert f"The first {MOST_SHOWN} with an image are shown" in text
    assert read == list(range(1, MOST_SHOWN + 1))
    for each in book.asked:
        book.take(Done(each.number, reason="no image"))
    assert page.draw().count("no image") == MOST_SHOWN
    assert "and 1000 more" in page.draw()
