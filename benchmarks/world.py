"""The embedded world as benchmark data: held-out prompts, and pairs whose better image is known.

python benchmarks/world.py prompts OUT.jsonl
python benchmarks/world.py pairs FOLDER [PAIRS]
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from cohp.mini.vocabulary import COLOURS, PLACES, SUBJECTS, TIMES

sys.path.insert(0, str(Path(__file__).parent.parent))
from training.world.captions import plain
from training.world.render import picture
from training.world.scene import Scene, combinations
from training.world.stream import draw_scene

SEED = 20
ATTRIBUTES = {"subject": SUBJECTS, "colour": COLOURS, "place": PLACES, "time": TIMES}


def main(kind: str, out: str, count: str = "400") -> None:
    """Write what was asked for."""
    if kind == "prompts":
        prompts(Path(out))
    else:
        pairs(Path(out), int(count))


def prompts(out: Path) -> None:
    """Write the prompt of every held-out combination, its place as the category."""
    scenes = [Scene(*each) for each in combinations(held=True)]
    # In an order that tells nothing, so that the first few are as good as any.
    np.random.default_rng(SEED).shuffle(scenes)  # type: ignore[arg-type] # a list will do
    rows = [{"prompt": plain(each), "category": each.place} for each in scenes]
    out.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    print(f"{len(rows)} prompts: {out}")


def pairs(folder: Path, count: int) -> None:
    """Write pairs in HPDv3's shape: the picture of a prompt, and one with an attribute wrong."""
    rng = np.random.default_rng(SEED)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(count):
        right = draw_scene(combinations(held=True), rng)
        name = list(ATTRIBUTES)[number % len(ATTRIBUTES)]
        others = [each for each in ATTRIBUTES[name] if each != getattr(right, name)]
        wrong = replace(right, **{name: others[int(rng.integers(len(others)))]})
        paths = [f"images/{number:05d}-{side}.png" for side in ("right", "wrong")]
        for path, scene in zip(paths, (right, wrong), strict=True):
            picture(scene).save(folder / path)
        rows.append({"prompt": plain(right), "path1": paths[0], "path2": paths[1], "wrong": name})
    path = folder / "pairs.json"
    path.write_text(json.dumps(rows, indent=1), "utf-8")
    print(f"{count} pairs: {path}")


if __name__ == "__main__":
    main(*sys.argv[1:])
