"""Draws and scores in this process: models come and go around a reward that stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from threading import Lock

from cohp import pipelines
from cohp.errors import DoesNotFit
from cohp.executors.base import Stop, batch_key
from cohp.executors.drawing import drawn_or_reason
from cohp.executors.halving import Halving
from cohp.executors.machine import room
from cohp.executors.overlap import Scoring
from cohp.executors.planning import plan, setting
from cohp.executors.scoring import Judges
from cohp.executors.shelf import Shelf
from cohp.pipelines.base import Generator
from cohp.pipelines.heap import share, trim
from cohp.pipelines.safety import SafetyFilter
from cohp.placement.plan import Plan
from cohp.placement.room import Room
from cohp.recipe import Recipe
from cohp.reward.base import Reward
from cohp.reward.loading import load, require
from cohp.reward.sharing import held
from cohp.types import Answer, Drawn, Jury, Note, Shot, Unscored


class LocalExecutor:
    """Answers shots here; the reward stays until `close`, models come and go around it."""

    def __init__(
        self,
        load_model: Callable[[str], Generator] | None = None,
        load_reward: Callable[[str], Reward] | None = None,
    ) -> None:
        """Load as the plan says, or by what is given, which then places what it loads."""
        self._load_reward = load_reward
        self._rewards: dict[str, Reward] = {}
        self._filter: SafetyFilter | None = None
        self._notes: list[Note] = []
        # Measured once: asked again, what this executor holds by then would not count as free.
        # With each room the judges that others held when it was measured.
        self._rooms: dict[object, tuple[Room, frozenset[str]]] = {}
        # What is planned for may be in flight already: it counts until it does not fit any more.
        self._known: dict[str, Recipe] = {}
        self._planning = Lock()
        self._next: Plan | None = None
        self._plan: Plan | None = None
        self._shelf = Shelf(load_model, self._note)
        self._halving = Halving(self._note, self._shelf.spare)

    def require(self, models: Sequence[str], jury: Jury) -> None:
        """Raise `Missing` where files of a model or a judge, or the safety filter, are not here."""
        for model in models:
            pipelines.require(model)
        self._sieve(jury)
        for judge in filter(None, (jury.reward, jury.referee)):
            require(judge)

    def plan(self, recipes: Sequence[Recipe]) -> Plan:
        """Decide who is held where while these run, or raise `DoesNotFit`; nothing is loaded."""
        with self._planning:
            asked = recipes[-1].devices, recipes[-1].memory
            if asked not in self._rooms:
                self._rooms[asked] = _measured(*asked)
            found, gone = self._rooms[asked]
            mine = {setting(each): each for each in recipes}
            here = self._load_reward is not None
            planned = partial(plan, room=found, judges_here=here, held=gone)
            known = {**self._known, **mine}
            try:
                made = planned(list(known.values()))
            except DoesNotFit:
                known = mine
                made = planned(recipes)
            self._known, self._next = known, made
            # Before anything loads, and with it the threads that compute.
            if made.tight("cpu"):
                share()
            return made

    def answer(
        self, shots: Sequence[Shot], *, jury: Jury, parents: Mapping[str, Drawn], stop: Stop
    ) -> Iterator[Answer | Note]:
        """Draw and score `shots` in batches of shots that may share one."""
        self._arrange()
        # The reward first: it must find its room before the models take theirs.
        judges = self._judges(jury)
        with self._scoring(judges) as scoring:
            groups = [list(group) for _, group in groupby(shots, key=batch_key)]
            for place, group in enumerate(groups):
                later = dict.fromkeys(each[0].model for each in groups[place + 1 :])
                for drawn in self._draw(group, list(later), parents, stop):
                    for answers in scoring.put(drawn):
                        yield from self._told(answers)
                    if stop.is_set():
                        break
            for answers in scoring.rest():
                yield from self._told(answers)

    def revisions(self) -> Mapping[str, str]:
        """Return the revision of each model and reward that has been loaded so far."""
        rewards = {f"reward {name}": each.revision for name, each in self._rewards.items()}
        return {**self._shelf.revisions(), **rewards}

    def close(self) -> None:
        """Let go of every model."""
        self._shelf.close()
        self._let_go()

    def _draw(
        self,
        shots: Sequence[Shot],
        later: Sequence[str],
        parents: Mapping[str, Drawn],
        stop: Stop,
    ) -> Iterator[Sequence[Drawn | Unscored]]:
        if stop.is_set():
            return
        name = shots[0].model
        generator = self._shelf.get(name)
        # Asked for one model at a time, the opening still goes through all of them.
        self._shelf.read_ahead(later or (self._shelf.after(name) if shots[0].round == 0 else ()))

        def draw(batch: Sequence[Shot]) -> list[Drawn | Unscored]:
            return self._shelf.with_room(name, lambda: drawn_or_reason(generator, batch, parents))

        yield from self._halving.batches(name, shots, draw, self._shelf.most(name, len(shots)))

    def _arrange(self) -> None:
        """Let go of what is held otherwise than the newest plan has it."""
        if self._next is self._plan or self._next is None:
            return
        if self._plan:
            before, after = (
                [(made.judging, judge.name) for judge in made.judges]
                for made in (self._plan, self._next)
            )
            if before != after[: len(before)]:
                self._let_go()
        self._shelf.arrange(self._next)
        self._plan = self._next

    def _scoring(self, judges: Judges) -> Scoring:
        def score(batch: Sequence[Drawn | Unscored]) -> list[Answer]:
            scored = self._halving.batches("the reward", batch, judges.answers)
            answers = [answer for answers in scored for answer in answers]
            trim()
            return answers

        beside = self._plan is not None and self._plan.overlaps
        return Scoring(score, beside=beside, device=self._plan.judging if self._plan else "cpu")

    def _told(self, answers: Sequence[Answer]) -> Iterator[Answer | Note]:
        while self._notes:
            yield self._notes.pop(0)
        yield from answers

    def _note(self, text: str) -> None:
        self._notes.append(Note(text))

    def _judges(self, jury: Jury) -> Judges:
        referee = self._reward(jury.referee) if jury.referee else None
        return Judges(self._reward(jury.reward), referee, self._sieve(jury))

    def _sieve(self, jury: Jury) -> SafetyFilter | None:
        if not jury.safety:
            return None
        self._filter = self._filter or SafetyFilter()
        return self._filter

    def _reward(self, name: str) -> Reward:
        if name not in self._rewards:
            self._rewards[name] = (
                self._load_reward(name)
                if self._load_reward
                else load(name, device=self._plan.judging if self._plan else None)
            )
        return self._rewards[name]

    def _let_go(self) -> None:
        for judge in self._rewards.values():
            judge.close()
        self._rewards.clear()


def _measured(devices: Sequence[str] | None, memory: str | None) -> tuple[Room, frozenset[str]]:
    """Return what is free, and which judges' weights are gone from it."""
    # Looked at before: what comes meanwhile is then counted twice rather than not at all.
    before = held()
    found = room(devices, memory, sure=True)
    if memory or len(found.devices) > 1:
        return found, frozenset()
    return found, frozenset(name for name, device in before if device == found.devices[0].name)
