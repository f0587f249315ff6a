"""What a benchmark is asked to do; its folder keeps it, and asking for more adds to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cohp.bench.contestants import Contestant
from cohp.bench.prompts import PromptSet
from cohp.bench.state import State
from cohp.errors import RunTrouble

PROMPTS = "prompts.jsonl"
BATCH = 8


@dataclass(frozen=True)
class Asked:
    """Who draws which prompts and who judges; `rewards` are written as after --reward."""

    prompts: PromptSet
    contestants: tuple[Contestant, ...]
    rewards: tuple[str, ...]
    batch: int = BATCH

    def to_json(self) -> dict[str, Any]:
        """Return what a session's line keeps; the prompts have a file of their own."""
        return {
            "contestants": [each.to_json() for each in self.contestants],
            "rewards": list(self.rewards),
            "batch": self.batch,
        }

    @classmethod
    def before(cls, folder: Path, state: State) -> Asked | None:
        """Return what the benchmark in `folder` was last asked, or None where it never was."""
        return cls.kept(folder, state) if state.sessions else None

    @classmethod
    def kept(cls, folder: Path, state: State) -> Asked:
        """Return what the benchmark in `folder` was last asked."""
        if not state.sessions:
            raise RunTrouble(f"The benchmark in {folder} never began. Run it again.")
        last = state.sessions[-1]
        listed = tuple(Contestant.from_json(each) for each in last["contestants"])
        return cls(PromptSet.read(folder / PROMPTS), listed, tuple(last["rewards"]), last["batch"])

    def after(self, before: Asked | None, folder: Path) -> Asked:
        """Return this with the contestants and rewards of before, in whose folder it is to be."""
        if before is None:
            return self
        if before.prompts.protocol != self.prompts.protocol:
            was, now = before.prompts.protocol.name, self.prompts.protocol.name
            raise RunTrouble(f"{folder} is a {was} benchmark, not {now}. Name another --out.")
        contestants = {each.name: each for each in before.contestants}
        for each in self.contestants:
            if contestants.setdefault(each.name, each) != each:
                raise RunTrouble(
                    f"{each.name} was another contestant in {folder}: its seed or settings "
                    "differ. Name another folder with --out."
                )
        rewards = dict.fromkeys([*before.rewards, *self.rewards])
        return replace(self, contestants=tuple(contestants.values()), rewards=tuple(rewards))
