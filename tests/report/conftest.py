"""The sample stories, told once for all tests of the reports."""

from __future__ import annotations

import pytest
from report_samples import samples

SHAPES = (
    "usual", "negative", "patchy", "evil", "long", "best-of-n",
    "interrupted", "opening", "empty", "fresh", "unscored",
)  # fmt: skip


@pytest.fixture(scope="session")
def stories(tmp_path_factory):
    return samples(tmp_path_factory.mktemp("stories"), 48)


@pytest.fixture(params=SHAPES)
def shape(request):
    return request.param


@pytest.fixture
def story(stories, shape):
    return stories[shape]
