"""Contact sheets: scenes of the world, or pictures that a model drew."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from textwrap import wrap

from PIL import Image, ImageDraw

from training.world.render import picture
from training.world.stream import scenes

LINE = 24  # letters of a caption that fit below a picture


def sheet(
    images: Sequence[Image.Image], captions: Sequence[str], columns: int = 8, zoom: int = 2
) -> Image.Image:
    """Pictures in a grid, each enlarged and captioned."""
    side = images[0].width * zoom
    rows = -(-len(images) // columns)
    page = Image.new("RGB", (columns * (side + 6), rows * (side + 30)), "white")
    pen = ImageDraw.Draw(page)
    for i, (image, text) in enumerate(zip(images, captions, strict=True)):
        x, y = i % columns * (side + 6) + 3, i // columns * (side + 30) + 3
        page.paste(image.resize((side, side), Image.Resampling.LANCZOS), (x, y))
        for line, words in enumerate(wrap(text, LINE)[:2]):
            pen.text((x, y + side + 11 * line), words, fill="black")
    return page


def main() -> None:
    """Draw scenes of the world onto one sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=64)
    options = parser.parse_args()
    drawn = list(islice(scenes(options.seed), options.count))
    sheet([picture(scene) for scene, _ in drawn], [text.text for _, text in drawn]).save(
        options.out
    )


if __name__ == "__main__":
    main()
