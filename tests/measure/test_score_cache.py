"""The cache of scores: shared, bounded, and never in the way."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from cohp.measure.score_cache import ScoreCache, digest, key
from cohp.types import Score


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache/scores.sqlite"


def keys(count, start=0):
    return [key(b"image", str(number), "reward") for number in range(start, start + count)]


def test_what_is_kept_is_found_again_with_and_without_a_deviation(path):
    first, second, third = keys(3)
    cache = ScoreCache(path)
    cache.keep({first: Score(1 / 3, 0.1), second: Score(-1e300)})
    cache.close()
    assert cache.find([first]) == {}
    cache.keep({third: Score(1.0)})
    cache = ScoreCache(path)
    assert cache.find([first, second, third]) == {first: Score(1 / 3, 0.1), second: Score(-1e300)}


def test_it_lies_where_derived_files_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("COHP_CACHE", str(tmp_path / "mine"))
    ScoreCache().close()
    assert (tmp_path / "mine/scores.sqlite").is_file()


def test_beyond_its_bound_the_oldest_go(path):
    cache = ScoreCache(path, most=100)
    known = keys(250)
    for start in range(0, 250, 10):
        cache.keep(dict.fromkeys(known[start : start + 10], Score(1.0)))
        assert len(cache.find(known)) <= 100
    assert len(cache.find(known)) >= 90
    assert len(cache.find(known[-90:])) == 90


def test_several_processes_write_to_it_at_once(path):
    code = (
        "import sys; from pathlib import Path;"
        "from cohp.measure.score_cache import ScoreCache, key; from cohp.types import Score;"
        "cache = ScoreCache(Path(sys.argv[1]));"
        "[cache.keep({key(b'i', f'{sys.argv[2]} {n}', 'r'): Score(float(n))}) for n in range(50)];"
        "assert cache.trouble is None, cache.trouble"
    )
    working = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(who)]) for who in range(3)
    ]
    assert [each.wait() for each in working] == [0, 0, 0]
    cache = ScoreCache(path)
    known = [key(b"i", f"{who} {number}", "r") for who in range(3) for number in range(50)]
    assert len(cache.find(known)) == 150


@pytest.mark.parametrize("when", ["opened", "read", "written"])
def test_where_it_cannot_be_used_it_says_so_and_nothing_fails(path, when):
    path.parent.mkdir()
    if when == "opened":
        path.write_bytes(b"no database" * 100)
    cache = ScoreCache(path)
    if when != "opened":
        with sqlite3.connect(path) as table:
            table.execute("DROP TABLE scores")
    if when != "written":
        assert cache.find(keys(1)) == {}
    cache.keep({keys(1)[0]: Score(1.0)})
    assert cache.find(keys(1)) == {}
    assert str(path) in cache.trouble
    assert "COHP_CACHE" in cache.trouble


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be used" in ScoreCache(tmp_path / "file/scores.sqlite").trouble


def test_a_key_is_of_everything_a_score_depends_on():
    parts = [("image", "prompt", "reward"), ("other", "prompt", "reward")]
    parts += [("image", "other", "reward"), ("image", "prompt", "other")]
    made = {key(image.encode(), prompt, reward) for image, prompt, reward in parts}
    assert len(made) == 4


def test_a_digest_is_of_the_levels_and_what_they_mean():
    noise = np.random.default_rng(1).integers(0, 256, (8, 8), dtype=np.uint8)
    grey = Image.fromarray(noise)
    mapped = grey.convert("P")
    other = mapped.copy()
    other.putpalette(list(reversed(mapped.getpalette())))
    tensor = torch.from_numpy(np.asarray(grey.convert("RGB")).copy()).permute(2, 0, 1) / 255
    turned = Image.frombytes("L", (4, 16), grey.tobytes())
    different = [grey, turned, grey.convert("RGB"), mapped, other, grey.tobytes()]
    assert len({digest(each) for each in different}) == len(different)
    assert digest(tensor) == digest(grey.convert("RGB"))
    assert digest(grey) == digest(grey.copy())
