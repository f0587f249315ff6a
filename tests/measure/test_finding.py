"""Files, folders and patterns become images, in the order a person counts them."""

from __future__ import annotations

import pytest
from pictures import picture

from cohp.measure.finding import find


def names(root, *places):
    return [item.name.removeprefix(f"{root}/") for item in find(places) if item.error is None]


def errors(*places):
    return [item.error for item in find(places) if item.error is not None]


@pytest.fixture
def album(tmp_path):
    for name in ("10.png", "2.png", "b/1.JPG", "a/1.webp", "b/deep/1.png", ".hidden.png"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_a_folder_is_all_its_images_in_counting_order(album):
    every = ["2.png", "10.png", "a/1.webp", "b/1.JPG", "b/deep/1.png"]
    assert names(album, album) == every
    assert errors(album) == []


def test_a_pattern_is_what_it_matches(album):
    assert names(album, f"{album}/*.png") == ["2.png", "10.png"]
    assert names(album, f"{album}/**/1.*") == ["a/1.webp", "b/1.JPG", "b/deep/1.png"]
    assert names(album, f"{album}/[ab]") == ["a/1.webp", "b/1.JPG", "b/deep/1.png"]


def test_what_is_named_is_kept_even_where_it_is_no_image_or_not_there(album):
    assert names(album, album / "notes.txt", album / "none.png", album / "2.png") == [
        "notes.txt",
        "none.png",
        "2.png",
    ]


def test_a_file_with_stars_in_its_name_is_itself(album):
    picture(album / "a[1]*.png")
    assert names(album, album / "a[1]*.png") == ["a[1]*.png"]


def test_an_empty_folder_and_a_pattern_of_nothing_are_said(album):
    (album / "empty").mkdir()
    assert "empty holds no images" in errors(album / "empty")[0]
    assert errors(f"{album}/*.tiff") == [f"No image matches {album}/*.tiff."]
    assert errors(f"{album}/*.txt") == [f"No image matches {album}/*.txt."]
    assert "is no pattern" in errors(f"{album}/**x/1.png")[0]


def test_links_in_a_circle_are_said_and_not_followed(album):
    (album / "b/back").symlink_to(album, target_is_directory=True)
    (album / "self.png").symlink_to(album / "self.png")
    (album / "twin").symlink_to(album / "a", target_is_directory=True)
    assert names(album, album) == [
        "2.png",
        "10.png",
        "a/1.webp",
        "b/1.JPG",
        "b/deep/1.png",
        "self.png",
        "twin/1.webp",
    ]
    (said,) = errors(album)
    assert "b/back is a link to a folder it lies in" in said


def test_a_folder_that_cannot_be_read_is_said(album, monkeypatch):
    def closed(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", closed)
    assert "Permission denied" in errors(album)[0]
