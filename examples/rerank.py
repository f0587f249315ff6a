"""Puts images in order for a prompt and keeps the best three.

python examples/rerank.py "a red fox at dawn" renders/ more/*.png
"""

import shutil
import sys
from pathlib import Path

import cohp


def main(prompt: str, *images: str) -> None:
    ranked = cohp.rerank(images, prompt=prompt)
    for each in ranked:
        behind = "" if each.behind is None else f"  the first is preferred by {each.behind:.0%}"
        print(f"{each.place:>3}  {each.score.mean:.2f}  {each.judged.image}{behind}")
    for each in ranked[:3]:
        shutil.copy2(each.judged.image, f"best-{each.place}{Path(each.judged.image).suffix}")


if __name__ == "__main__":
    if len(sys.argv) < 3:  # noqa: PLR2004 - the script, a prompt, an image
        sys.exit(__doc__)
    main(*sys.argv[1:])
