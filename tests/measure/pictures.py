"""Small pictures on disk, and rewards that are easy to foresee."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cohp.errors import BadImage
from cohp.reward.fake import FakeReward
from cohp.types import Score


def picture(path: Path, width: int = 16, **chunks: str) -> Path:
    """Write a picture that is not all one colour, with text chunks where it is a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    info = PngInfo()
    for name, text in chunks.items():
        info.add_itxt(name, text)
    how = {"pnginfo": info} if chunks else {}
    Image.effect_noise((width, 16), 50).convert("RGB").save(path, **how)
    return path


class Width(FakeReward):
    """Likes wide images, refuses those of 13 pixels, and remembers what it was asked."""

    def __init__(self, revision: str = "1") -> None:
        self.revision = revision
        self.batches: list[int] = []
        self.prompts: list[str] = []

    def score(self, *, prompts, images):
        self.batches.append(len(images))
        if any(image.width == 13 for image in images):
            raise BadImage("thirteen")
        self.prompts += prompts
        return [Score(float(image.width)) for image in images]
