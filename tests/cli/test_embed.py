"""`cohp embed`: features in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from command import cohp

GOLDEN = Path(__file__).parent.parent / "golden"
HPSV3 = f"hpsv3={GOLDEN / 'hpsv3'}"


def test_features_are_written_and_what_has_none_is_said(tmp_path):
    images = [GOLDEN / "images" / name for name in ("01_square.png", "03_wide.png")]
    (tmp_path / "empty.png").write_bytes(b"")
    words = ("--prompt", "a fox", "--reward", HPSV3, "--out", tmp_path / "f.npz")
    result = cohp("embed", *images, tmp_path / "empty.png", *words)
    assert result.exit_code == 5
    assert "empty.png is empty" in result.stderr
    found = np.load(tmp_path / "f.npz")
    assert found["image"].tolist() == [str(path) for path in images]
    assert found["features"].shape == (2, 96)
    again = cohp("embed", *images, *words)
    assert again.exit_code == 0
    assert f"2 features in {tmp_path / 'f.npz'}, 2 of them from before." in again.stderr


def test_a_reward_without_features_and_a_bad_place_are_refused(tmp_path):
    words = ("embed", GOLDEN / "images", "--prompt", "a fox", "--reward")
    for reward, out, said in (
        ("fake", tmp_path / "f.npz", "fake has no features"),
        (HPSV3, tmp_path / "f.doc", "should end in .npz or .parquet"),
    ):
        result = cohp(*words, reward, "--out", out)
        assert result.exit_code == 2
        assert said in result.stderr
    assert list(tmp_path.iterdir()) == []
