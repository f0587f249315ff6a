"""How each subject is drawn, one function each."""

from __future__ import annotations

from collections.abc import Callable

from training.world.easel import Easel
from training.world.palette import Paint
from training.world.subjects import animals, buildings, creatures, things, vehicles

DRAW: dict[str, Callable[[Easel, Paint], None]] = {
    "fox": animals.fox,
    "cat": animals.cat,
    "rabbit": animals.rabbit,
    "owl": creatures.owl,
    "elephant": creatures.elephant,
    "turtle": creatures.turtle,
    "car": vehicles.car,
    "sailboat": vehicles.sailboat,
    "balloon": vehicles.balloon,
    "rocket": vehicles.rocket,
    "house": buildings.house,
    "castle": buildings.castle,
    "mushroom": things.mushroom,
    "flower": things.flower,
    "umbrella": things.umbrella,
    "teapot": things.teapot,
}
