"""The golden sets of HPSv3 and HPSv3++: their cases, and how far a reward is from them."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

GOLDEN = Path(__file__).parents[1] / "golden"


class Cases:
    """One golden set; `plain` cases are to be matched, the others have a `kind`."""

    def __init__(self, name):
        self.folder = GOLDEN / name
        self.manifest = json.loads((self.folder / "manifest.json").read_text("utf-8"))
        self.tolerance = self.manifest["tolerance_abs"]
        self.every = {case["id"]: case for case in self.manifest["cases"]}
        self.plain = {name: case for name, case in self.every.items() if "kind" not in case}

    def asked(self, *names):
        """What a reward is asked to score for these cases."""
        cases = [self.every[name] for name in names]
        return {
            "prompts": [case["prompt"] for case in cases],
            "images": [Image.open(GOLDEN / case["image"]) for case in cases],
        }

    def distance(self, reward, *names):
        """How far the means are from the reference's, at most."""
        scores = reward.score(**self.asked(*names))
        pairs = zip(scores, names, strict=True)
        return max(abs(one.mean - self.every[name]["expected"]["mu"]) for one, name in pairs)
