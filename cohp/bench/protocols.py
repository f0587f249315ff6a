"""The ways a benchmark's scores are added up: ours, and those of the published ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cohp.errors import UnknownName


@dataclass(frozen=True)
class Protocol:
    """How a prompt set is read and its scores become a row of a table.

    `categories` are all there may be; without them any may. With `overall` "categories" each
    category counts the same, however many prompts it has. With a `group` the deviation is that
    of the means of so many prompts in a row, as HPSv2 publishes it. Scores of the rewards named
    in `hundredfold` are published times 100.
    """

    name: str
    about: str
    categories: tuple[str, ...] = ()
    overall: Literal["prompts", "categories"] = "prompts"
    group: int | None = None
    hundredfold: tuple[str, ...] = ()

    def scale(self, judge: str) -> float:
        """Return what this benchmark multiplies a judge's scores by."""
        return 100.0 if judge in self.hundredfold else 1.0


PLAIN = Protocol("plain", "any prompts; the overall mean is over all of them")
GENEVAL = Protocol(
    "geneval",
    "prompts in the shape of GenEval's; the overall mean is over its categories",
    ("single_object", "two_object", "counting", "colors", "position", "color_attr"),
    "categories",
)
HPSV2 = Protocol(
    "hpsv2",
    "the HPSv2 benchmark; deviations are over means of 80 prompts, the overall mean over all",
    ("anime", "concept-art", "paintings", "photo"),
    group=80,
    hundredfold=("hpsv2", "hpsv2.1"),
)
HPDV3 = Protocol(
    "hpdv3",
    "the HPDv3 benchmark; the overall mean is over its categories",
    (
        *("Characters", "Arts", "Design", "Architecture", "Animals", "Natural Scenery"),
        *("Transportation", "Products", "Others", "Plants", "Food", "Science"),
    ),
    "categories",
)
PROTOCOLS = {each.name: each for each in (PLAIN, GENEVAL, HPSV2, HPDV3)}


def protocol(name: str) -> Protocol:
    """Return the protocol called `name`, or say which there are."""
    if name not in PROTOCOLS:
        raise UnknownName("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]
