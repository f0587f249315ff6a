"""What tests of generators share: a generator over a tiny pipeline, and shots for it."""

from __future__ import annotations

import numpy as np
from tiny import tiny

from cohp.catalogue import Model
from cohp.pipelines.diffusers import DiffusersGenerator
from cohp.types import Shot

PROMPT = "a red fox at dawn"
SIDE = 64
# In a batch the same numbers are added up in another order.
CLOSE = 1e-4


def generator(name, *, pipeline=None, **entry):
    model = Model(name=name, generator="diffusers", **entry)
    return DiffusersGenerator(model, device="cpu", pipeline=pipeline or tiny(name))


def shot(name, seed=1, **changes):
    plain = {"prompt": PROMPT, "width": SIDE, "height": SIDE, "round": 0, "index": seed, "steps": 4}
    return Shot(model=name, seed=seed, **{**plain, **changes})


def draw(drawer, *shots, parents=()):
    return list(drawer.draw(shots, {each.shot.id: each for each in parents}))


def child(parent, seed, strength, **changes):
    own = {"round": 1, "parent": parent.shot.id, "strength": strength, "seed": seed}
    fields = ("prompt", "negative", "width", "height", "steps", "guidance", "model")
    kept = {name: getattr(parent.shot, name) for name in fields}
    return Shot(**{**kept, "index": seed, **own, **changes})


def distance(one, other):
    """Return how far latents are apart, relative to how large they are."""
    one, other = np.asarray(one), np.asarray(other)
    return float(np.abs(one - other).max() / max(1.0, np.abs(other).max()))
