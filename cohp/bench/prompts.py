"""The prompts of a benchmark: values that keep their identity when the set grows."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cohp.bench.faults import Fault
from cohp.bench.protocols import Protocol, protocol
from cohp.errors import BadInput, RunDamaged, UnknownName
from cohp.measure.rows import is_unicode
from cohp.recipe import LONGEST_PROMPT

# The category of prompts that have none.
ALL = "all"


@dataclass(frozen=True)
class Prompt:
    """One prompt: its category, its place in it counted from 0, and which of equal ones it is."""

    text: str
    category: str
    index: int
    copy: int = 0

    @property
    def id(self) -> str:
        """A digest that stays the same when other prompts come or go."""
        named = json.dumps([self.category, self.text, self.copy], ensure_ascii=False)
        return hashlib.sha256(named.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Given:
    """A prompt as a file has it, before it is known to be one."""

    place: str
    text: object
    category: object


@dataclass(frozen=True)
class PromptSet:
    """The prompts of a benchmark, how it adds up, and what in the files could not be used."""

    protocol: Protocol
    prompts: tuple[Prompt, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that occur: in the protocol's order, else as they come."""
        found = dict.fromkeys(each.category for each in self.prompts)
        known = [name for name in self.protocol.categories if name in found]
        return tuple(dict.fromkeys([*known, *found]))

    def only(self, categories: Sequence[str] = (), limit: int | None = None) -> PromptSet:
        """Keep some categories, and of each the first `limit` prompts."""
        for name in categories:
            if name not in self.categories:
                raise UnknownName("category", name, self.categories)
        chosen = categories or self.categories
        seen: Counter[str] = Counter()
        kept = []
        for each in self.prompts:
            if each.category in chosen and (limit is None or seen[each.category] < limit):
                seen[each.category] += 1
                kept.append(each)
        return replace(self, prompts=tuple(kept))

    def write(self) -> bytes:
        """Return the prompts as the file that `read` takes."""
        head = {"protocol": self.protocol.name}
        rows = [head, *(asdict(each) for each in self.prompts)]
        return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()

    @classmethod
    def read(cls, path: Path) -> PromptSet:
        """Read what `write` wrote."""
        try:
            head, *rows = map(json.loads, path.read_text("utf-8").strip("\n").split("\n"))
            return cls(protocol(head["protocol"]), tuple(Prompt(**row) for row in rows))
        except (OSError, TypeError, ValueError, KeyError) as error:
            raise RunDamaged(
                f"{path} is damaged. Restore it from a copy, or start a new benchmark."
            ) from error


def gather(given: Iterable[Given | Fault], protocol: Protocol, source: Path) -> PromptSet:
    """Make a prompt set of what files held; what is no prompt becomes a fault."""
    places: Counter[str] = Counter()
    copies: Counter[tuple[str, str]] = Counter()
    prompts: list[Prompt] = []
    faults: list[Fault] = []
    for each in given:
        if isinstance(each, Fault):
            faults.append(each)
            continue
        category = str(each.category)
        index = places[category]
        # Counted whether it can be used or not: images are named by it.
        places[category] += 1
        if reason := _wrong(each, protocol):
            faults.append(Fault(each.place, reason))
            continue
        text = str(each.text).strip()
        prompts.append(Prompt(text, category, index, copies[category, text]))
        copies[category, text] += 1
    if not prompts:
        first = f": {faults[0]}" if faults else "."
        raise BadInput(f"{source} holds no prompt that can be used{first}")
    return PromptSet(protocol, tuple(prompts), tuple(faults))


def _wrong(given: Given, protocol: Protocol) -> str | None:
    text, category = given.text, given.category
    if not isinstance(text, str) or not isinstance(category, str):
        return "there is no text where the prompt or its category should be"
    if not is_unicode(text + category):
        return "it is not UTF-8 text"
    if not text.strip():
        return "the prompt is empty"
    if len(text) > LONGEST_PROMPT:
        return f"the prompt has {len(text)} characters, more than {LONGEST_PROMPT}"
    if protocol.categories and category not in protocol.categories:
        known = ", ".join(protocol.categories)
        return f"{category!r} is no category of {protocol.name}, which has {known}"
    return None
