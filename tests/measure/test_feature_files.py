"""Features: the vectors a reward reads scores from, in a file, or refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import Width, picture

from cohp.errors import BadImage, BadInput
from cohp.measure import parquet
from cohp.measure.feature_file import FEATURES, rows
from cohp.measure.features import embed
from cohp.measure.out_file import OutFile
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


WEIGHTS = {"sides": "1"}


@pytest.fixture(params=["npz", "parquet"])
def out(request, tmp_path):
    return tmp_path / f"features.{request.param}"


def write(out, paths, weights=WEIGHTS):
    with OutFile(out, weights, FEATURES) as file:
        fresh = [*embed(listing(paths, ["a fox"]), Panel.of(sides=Sides()), file.has)]
        for each in fresh:
            file.add(rows(each, *next(iter(weights.items()))))
    return [each.item.name for each in fresh if each.features is not None]


def read(out):
    if out.suffix == ".npz":
        return np.load(out)
    listed = list(parquet.read(out))
    return {name: np.array([row[name] for row in listed]) for name in listed[0]}


def test_a_file_holds_names_prompts_and_features(paths, out):
    good = [path for path in paths if path.stem != "13"]
    assert write(out, paths) == [str(path) for path in good]
    found = read(out)
    assert found["image"].tolist() == [str(path) for path in good]
    assert found["prompt"].tolist() == ["a fox"] * 5
    assert found["reward"].tolist() == ["sides"] * 5
    assert found["features"].tolist() == [[float(path.stem), 16.0] for path in good]
    assert found["text"].tolist() == [[5.0]] * 5
    assert not [path for path in out.parent.iterdir() if path.name.startswith(".")]


def test_a_second_run_reads_only_what_has_no_features_yet(paths, out):
    assert len(write(out, paths[:2])) == 2
    assert write(out, paths[:3]) == [str(paths[2])]
    killed = OutFile(out, WEIGHTS, FEATURES)
    for each in embed(listing(paths[4:5], ["a fox"]), Panel.of(sides=Sides())):
        killed.add(rows(each, "sides", "1"))
    killed._file.close()
    killed._held.close()
    assert write(out, paths) == [str(paths[5])]
    widths = read(out)["features"][:, 0].tolist()
    assert widths == [10.0, 11.0, 12.0, 14.0, 15.0]


def test_features_of_two_rewards_or_revisions_are_not_mixed(paths, out):
    write(out, paths[:1])
    before = out.read_bytes()
    for weights in ({"sides": "2"}, {"clip": "1"}):
        with pytest.raises(BadInput, match="features by sides at revision 1, and "):
            OutFile(out, weights, FEATURES)
    assert out.read_bytes() == before


def test_a_file_of_something_else_is_left_alone(out):
    out.write_bytes(b"notes")
    with pytest.raises(BadInput, match="is no "):
        OutFile(out, WEIGHTS, FEATURES)
    assert out.read_bytes() == b"notes"
    np.savez(out.with_suffix(".npz"), image=np.array(["a"]))
    with pytest.raises(BadInput, match="is no file of features"):
        OutFile(out.with_suffix(".npz"), WEIGHTS, FEATURES)


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
            check_file(path, FEATURES.kinds)
