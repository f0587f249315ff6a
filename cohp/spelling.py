"""Takes apart what is typed for models: lists at commas, a model at its plus signs and options.

What exists on this machine under its whole name is never cut, whatever signs it has in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from cohp.options import Value

WEIGHT = re.compile(r"(?P<source>.+?):(?P<weight>[+-]?\d*\.?\d+)")
OPTIONS = re.compile(r"(?P<rest>.*?)(?P<options>(?::[a-z_]\w*(?:\.\w+)*=[^:+,]*)+)", re.DOTALL)


@dataclass(frozen=True)
class Spelt:
    """A model as it was typed: its base, what is laid over it, and the options asked of it."""

    base: str
    loras: tuple[str, ...] = ()
    options: Mapping[str, Value] = field(default_factory=dict)


def listed(text: str) -> list[str]:
    """Split a list of models at its commas."""
    models = [""]
    for piece in _cut(text, "+,"):
        if piece == ",":
            models.append("")
        else:
            models[-1] += piece
    return [each.strip() for each in models if each.strip()]


def apart(text: str) -> Spelt:
    """Take a model apart: `base:option=value+lora:0.8`."""
    pieces = [without_options(piece) for piece in _cut(text, "+")[::2]]
    base, *loras = (piece for piece, _ in pieces)
    options: dict[str, Value] = {}
    for _, asked in pieces:
        options |= asked
    return Spelt(base, tuple(loras), options)


def together(base: str, options: Mapping[str, Value], *loras: str) -> str:
    """Spell a model so that taking it apart gives this again."""
    typed = [f":{key}={written(value)}" for key, value in options.items()]
    return "+".join(["".join([base, *typed]), *loras])


def without_options(text: str) -> tuple[str, dict[str, Value]]:
    """Return a piece without its options, and these in the order they were typed."""
    matched = OPTIONS.fullmatch(text)
    if matched is None or _exists(text):
        return text, {}
    pairs = (pair.partition("=") for pair in matched["options"].split(":")[1:])
    return matched["rest"], {key: _value(value) for key, _, value in pairs}


def as_path(text: str) -> Path:
    """Return what was typed as a path, though it may be none."""
    try:
        return Path(text).expanduser()
    except (RuntimeError, ValueError):  # there is no such person's home, or no such name at all
        return Path(text)


def _cut(text: str, signs: str) -> list[str]:
    """Cut at each of some signs and keep them in between; leave whole what exists as a path."""
    words = re.split(f"([{signs}])", text)
    pieces = []
    while words:
        longest = range(len(words), 1, -2)
        taken = next((many for many in longest if _is_path("".join(words[:many]))), 1)
        pieces += ["".join(words[:taken]), *words[taken : taken + 1]]
        words = words[taken + 1 :]
    return pieces


def _is_path(text: str) -> bool:
    """Tell whether what is typed is the path of something, with what may stand after one."""
    plain, _ = without_options(text)
    weighted = WEIGHT.fullmatch(plain)
    file = plain.rpartition("@")[0]
    alone = (plain, weighted["source"] if weighted else "", file)
    return any(_exists(each) for each in alone if each)


def _exists(text: str) -> bool:
    try:
        return as_path(text).exists()
    except OSError:  # too long for a name, or in a folder that may not be read
        return False


def _value(text: str) -> Value:
    """Return the value that was meant: yes or no, a number, or a word."""
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if isfinite(number):
            return number
    return text


def written(value: object) -> str:
    """Return a value as it is typed."""
    return str(value).lower() if isinstance(value, bool) else str(value)
