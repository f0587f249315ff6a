"""A reward for CoHP in ten lines: the brighter, the better."""

from cohp import Score
from cohp.reward.images import as_rgb
from PIL.ImageStat import Stat


class Brightness:
    revision = "1"

    def score(self, *, prompts, images):
        return [Score(Stat(as_rgb(image).convert("L")).mean[0]) for image in images]

    def close(self):
        pass
