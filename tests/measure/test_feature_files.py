"""Features: the vectors a reward reads scores from, in a file, or refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import Width, picture

from cohp.errors import BadImage, BadInput, OutUnwritable
from cohp.measure import parquet
from cohp.measure.feature_file import WRITERS, write_features
from cohp.measure.features import embed
from cohp.measure.panel import Panel
from cohp.measure.places import check_file
from cohp.measure.prompting import listing
from cohp.measure.scorer import Scorer

GOLDEN = Path(__file__).parents[1] / "golden"


class Sides(Width):
    """Its features are an image's sides, its text's the length of the prompt."""

    def embed(self, *, prompts, images):
        if any(image.width == 13 for image in images):
            raise BadImage("thirteen")
        return torch.tensor([[float(image.width), float(image.height)] for image in images])

    def embed_text(self, *, prompts):
        return torch.tensor([[float(len(prompt))] for prompt in prompts])


@pytest.fixture
def paths(tmp_path):
    return [picture(tmp_path / f"{width}.png", width) for width in range(10, 16)]


def test_every_image_has_its_features_or_the_reason_why_not(paths):
    paths[1].write_bytes(b"")
    embedded = list(embed(listing(paths, ["a fox"]), Panel.of(sides=Sides())))
    assert [each.item.name for each in embedded] == [str(path) for path in paths]
    assert "is empty" in embedded[1].error
    assert embedded[3].error == "thirteen"
    for each in (embedded[0], embedded[5]):
        assert each.features.tolist() == [float(Path(each.item.name).stem), 16.0]
        assert each.text.tolist() == [5.0]


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_a_file_holds_names_prompts_and_features(paths, tmp_path, suffix):
    out = tmp_path / f"features.{suffix}"
    good = [path for path in paths if path.stem != "13"]
    write_features(out, embed(listing(good, ["a fox"]), Panel.of(sides=Sides())))
    if suffix == "npz":
        found = np.load(out)
    else:
        rows = list(parquet.read(out))
        found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    assert found["image"].tolist() == [str(path) for path in good]
    assert found["prompt"].tolist() == ["a fox"] * 5
    assert found["features"].tolist() == [[float(path.stem), 16.0] for path in good]
    assert found["text"].tolist() == [[5.0]] * 5
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_file_is_whole_or_not_there(paths, tmp_path):
    def broken():
        yield from embed(listing(paths[:2], ["a fox"]), Panel.of(sides=Sides()))
        raise OSError(28, "No space left on device")

    for suffix in ("npz", "parquet"):
        with pytest.raises(OutUnwritable, match="No space left"):
            write_features(tmp_path / f"f.{suffix}", broken())
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".png"] * 6


def test_features_are_what_the_reward_is_read_from():
    reward = f"hpsv3={GOLDEN / 'hpsv3'}"
    image = GOLDEN / "images/01_square.png"
    with Scorer(reward) as scorer:
        (embedded,) = scorer.embed(image, prompt="a fox")
        (judged,) = scorer.score(image, prompt="a fox")
        model = next(iter(scorer._panel.rewards.values()))
        said = model.judge(torch.from_numpy(embedded.features)[None])
    assert float(said[0, 0]) == pytest.approx(judged.score.mean, abs=1e-5)


def test_what_has_none_is_refused_by_name(paths, tmp_path):
    with pytest.raises(BadInput, match="width has no features"):
        list(embed(listing(paths, ["a fox"]), Panel.of(width=Width())))
    with pytest.raises(BadInput, match="of one reward"):
        list(embed(listing(paths, ["a fox"]), Panel.of(a=Sides(), b=Sides())))
    for path, said in ((tmp_path / "f.csv", "should end in"), (tmp_path / "x/f.npz", "no folder")):
        with pytest.raises(BadInput, match=said):
            check_file(path, WRITERS)
