"""Scores pictures that Pillow holds in memory; nothing touches the disk but the best one.

python examples/pillow_only.py
"""

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

import cohp

PROMPT = "a red fox at dawn"


def sketch() -> Image.Image:
    """Draw a dawn with something red in it."""
    sky = Image.linear_gradient("L").convert("RGB")
    picture = Image.blend(sky, Image.new("RGB", sky.size, "orange"), 0.5)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((70, 130, 190, 210), fill="firebrick")
    pen.polygon([(160, 140), (175, 90), (195, 145)], fill="firebrick")
    return picture


def main() -> None:
    first = sketch()
    variations = {
        "as drawn": first,
        "softened": first.filter(ImageFilter.GaussianBlur(2)),
        "grainy": Image.blend(first, Image.effect_noise(first.size, 120).convert("RGB"), 0.4),
        "darker": ImageEnhance.Brightness(first).enhance(0.6),
    }
    with cohp.Scorer() as scorer:
        judged = scorer.score(list(variations.values()), prompt=PROMPT)
        for name, each in zip(variations, judged, strict=True):
            print(f"{name:<10}{each.score.mean:8.2f}" if each.score else f"{name}: {each.error}")
        print(scorer.compare(first, variations["grainy"], prompt=PROMPT).sentence)
        best = scorer.rerank(list(variations.values()), prompt=PROMPT, top=1)[0]
    best.judged.image.save("best.png")


if __name__ == "__main__":
    main()
