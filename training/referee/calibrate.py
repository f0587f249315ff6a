"""What the measure of wholeness parts: `python -m training.referee.calibrate`.

It is shown worn true renderings, which it must pass, every kind of broken one, which it must
not, and sixty pictures that mini-poster drew (`eye.webp`), which a person looked at and called
whole or not (`eye.json`) before the measure saw them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from training.referee.damage import BREAKERS, FRONTAL, LOPSIDED, worn
from training.referee.wholeness import LIMIT, fault, seen
from training.world.render import Pixels, render
from training.world.scene import SIDE, Scene, combinations
from training.world.stream import draw_scene

HERE = Path(__file__).parent
TRUE = "true"


def faults(kind: str, count: int, rng: np.random.Generator) -> list[float]:
    """Measure worn pictures, true or broken in one way."""
    pool, found = combinations(held=True), []
    while len(found) < count:
        scene = draw_scene(pool, rng)
        if kind in FRONTAL and scene.subject not in LOPSIDED:
            continue
        drawn = render(scene) if kind == TRUE else BREAKERS[kind](scene, pool, rng)
        found.append(fault(seen([_image(worn(drawn, rng))])[0], scene))
    return found


def looked_at() -> list[tuple[float, bool, bool]]:
    """Return the fault of each picture that was looked at, whether whole, and whether surely."""
    sheet, told = Image.open(HERE / "eye.webp"), json.loads((HERE / "eye.json").read_text())
    across = sheet.width // SIDE
    rows = []
    for place, said in enumerate(told):
        x, y = place % across * SIDE, place // across * SIDE
        cut = sheet.crop((x, y, x + SIDE, y + SIDE))
        rows.append(
            (fault(seen([cut])[0], Scene(*said["scene"])), said["whole"], "unsure" not in said)
        )
    return rows


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray((pixels * 255).round().astype(np.uint8), "RGB")


def main() -> None:
    """Print the shares that pass, and the agreement with the eye."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--limit", type=float, default=LIMIT)
    told = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(20)
    for kind in (TRUE, *BREAKERS):
        found = np.array(faults(kind, told.count, rng))
        passed = round(float((found <= told.limit).mean()), 3)
        print(json.dumps({"kind": kind, "whole": passed}), flush=True)
    rows = looked_at()
    for name, some in (("all", rows), ("sure", [row for row in rows if row[2]])):
        agree = [(apart <= told.limit) == whole for apart, whole, _ in some]
        print(json.dumps({"eye": name, "pictures": len(some), "agree": round(np.mean(agree), 3)}))
    for place, (apart, whole, sure) in enumerate(rows):
        if (apart <= told.limit) != whole:
            said = f"{'' if sure else 'perhaps '}{'whole' if whole else 'broken'}"
            print(f"picture {place}: fault {apart:.3f}, the eye said {said}")


if __name__ == "__main__":
    main()
