"""What a person writes after --reward, read once: names, weights, options and folders.

hpsv3                           one reward
hpsv3=FOLDER                    with the files of its own folder
hpsv3:quantize=8bit             with an option; more are joined by commas
hpsv3*2+pickscore=FOLDER        several, each with its weight, options and folder
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path

from cohp.errors import BadRecipe
from cohp.reward.combine import Member

# A name may itself end in plus signs (hpsv3++) and a folder may hold some, so only a plus
# before something that looks like a reward joins.
JOIN = re.compile(r"\+(?=\s*[A-Za-z_][\w.-]*\+*\s*(?:[*:=]|\+[A-Za-z_ ]|$))")
PART = re.compile(
    r"\s*(?P<name>[A-Za-z_][\w.-]*\+*)\s*"
    r"(?:\*\s*(?P<weight>[^:=]*?)\s*)?"
    r"(?::(?P<options>\w+=[^,=]*(?:,\w+=[^,=]*)*?))?"
    r"(?:=(?P<place>.+))?"
)


@dataclass(frozen=True)
class Wanted:
    """One reward of those asked for."""

    name: str
    weight: float = 1.0
    options: Mapping[str, str | int | float] = field(default_factory=dict, hash=False)
    place: Path | None = None

    @property
    def member(self) -> Member:
        """What the combination of several knows of this one."""
        return Member(self.name, self.weight)

    @property
    def alone(self) -> Wanted:
        """The same reward, whatever it counts among others."""
        return replace(self, weight=1.0)

    def __str__(self) -> str:
        """Write it as it means the same in any folder."""
        weight = "" if self.weight == 1 else f"*{self.weight:g}"
        options = ",".join(f"{name}={value}" for name, value in self.options.items())
        place = "" if self.place is None else f"={self.place.absolute()}"
        return f"{self.name}{weight}{':' if options else ''}{options}{place}"


def read(text: str) -> tuple[Wanted, ...]:
    """Read what was written, or say what is wrong with it."""
    wanted = tuple(_read(part, text) for part in JOIN.split(text))
    if len({each.name for each in wanted}) < len(wanted):
        raise BadRecipe(f"{text!r} names a reward twice. Give it a weight instead: NAME*2.")
    return wanted


def _read(part: str, text: str) -> Wanted:
    found = PART.fullmatch(part)
    weight = _number("1" if found["weight"] is None else found["weight"]) if found else ""
    if not found or isinstance(weight, str) or not isfinite(weight) or weight <= 0:
        raise BadRecipe(
            f"{text!r} names no reward. Write hpsv3, hpsv3=FOLDER, hpsv3:quantize=8bit, or "
            "several as hpsv3*2+pickscore."
        )
    pairs = (pair.partition("=") for pair in (found["options"] or "").split(",") if pair)
    place = Path(found["place"]).expanduser() if found["place"] else None
    return Wanted(found["name"], weight, {key: _number(value) for key, _, value in pairs}, place)


def _number(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
