"""Drives a search: asks it, answers from the journal or the executor, records, tells.

Resuming is replaying: the same search is started again and answered from the journal
until the journal ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from threading import Event, Lock
from time import monotonic

from cohp import registry
from cohp.errors import ExecutorFault, Interrupted
from cohp.events import Listener
from cohp.executors.base import Executor, Stop
from cohp.recipe import Recipe
from cohp.record.behind import Behind
from cohp.record.choices import decide
from cohp.record.entry import Entry
from cohp.record.folder import RunFolder
from cohp.record.recorder import Recorder
from cohp.reward.combine import fit
from cohp.reward.loading import spread
from cohp.reward.wanted import read
from cohp.search.base import Reply, Searching, scored
from cohp.spending import Spending, Stopped, unlikely
from cohp.telling import Teller
from cohp.types import (
    Answer,
    Ask,
    Chosen,
    Drawn,
    Note,
    Preferred,
    Score,
    Scored,
    Shot,
    Verdict,
)


def plan(recipe: Recipe) -> tuple[Ask, ...]:
    """Return what a run would ask for, found by answering its search with even scores.

    Which model is refined is not known before the scores are; the first one stands for it.
    """
    searching, spending = search(recipe), Spending(recipe)
    asks: list[Ask] = []
    try:
        step = next(searching)
        while True:
            answers: list[Answer] = []
            if isinstance(step, Ask):
                allowed = spending.allow(step)
                asks += [allowed] if allowed.shots else []
                answers = [Scored(shot, Score(0.0)) for shot in allowed.shots]
            step = searching.send(answers)
    except StopIteration:
        return tuple(asks)


def retrace(folder: RunFolder) -> tuple[Chosen | None, Verdict | None]:
    """Return what a journal amounts to: the model chosen and the verdict, as far as it goes."""
    recipe, entries, stopped = folder.recipe, folder.entries, folder.stopped
    searching, spending = search(recipe), Spending(recipe, stopped and Stopped(*stopped))
    chosen: Chosen | None = None
    try:
        step = next(searching)
        while True:
            if isinstance(step, Chosen):
                chosen = step
                step = searching.send(())
                continue
            shots = spending.allow(step).shots
            if any(shot.id not in entries for shot in shots):
                break
            answers = [entries[shot.id].answer for shot in shots]
            step = searching.send(reply(step.round, answers, folder.choices))
    except StopIteration as end:
        return chosen, end.value
    return chosen, None


def reply(number: int, answers: Iterable[Answer], choices: Iterable[Preferred]) -> list[Reply]:
    """Return what a search is sent of round `number`: what a person chose then comes last."""
    return [*answers, *(each for each in choices if each.round == number + 1)]


def search(recipe: Recipe) -> Searching:
    """Start the search a recipe names."""
    searching: Searching = registry.find("search", recipe.search)(recipe)
    return searching


class Run:
    """One run at work: a recorder to write to, an executor to draw, and someone to tell.

    The search goes on as soon as it knows its scores; what is written and told follows in order,
    on a thread of its own, so that no disk holds up the drawing.
    """

    def __init__(
        self, recorder: Recorder, executor: Executor, listen: Listener, stop: Stop | None = None
    ) -> None:
        self._recorder = recorder
        self._executor = executor
        self._stop = stop or Event()
        # What the search is answered with, be it written yet or not.
        self._known = dict(recorder.entries)
        self._scale = recorder.scale
        self._behind = Behind()
        self._stopped = recorder.stopped and Stopped(*recorder.stopped)
        self._spending = Spending(recorder.recipe, self._stopped)
        # Seconds count on from where the sessions before left off.
        self._before = sum(entry.seconds for entry in recorder.entries.values())
        # A person's choice comes between two steps of the search, never within one.
        self._stepping = Lock()
        # The first round that a choice can still be heard in; None once there is a verdict.
        self._first: int | None = recorder.drawn + 1
        self._redrawn: set[str] = set()
        self._began = monotonic()
        planned = sum(len(ask.shots) for ask in plan(recorder.recipe))
        self._teller = Teller(recorder, listen, planned)

    def finish(self) -> Verdict:
        """Work until the search has its verdict; raises `Interrupted` when asked to stop."""
        self._teller.start()
        with self._behind:
            try:
                verdict = self._drive(search(self._recorder.recipe))
            finally:
                with self._stepping:
                    self._first = None
        self._teller.finish(verdict)
        return verdict

    def prefer(self, shot: str, more: int | None = None) -> Preferred | None:
        """Go on from another image from the next round on; None where the run ends already.

        It is in the journal when this returns. `more` rounds that the run has not are owed to who
        asked: see `choosing.owed`.
        """
        with self._stepping:
            if self._first is None:
                return None
            choice = decide(self._recorder, shot, self._first, more)
            self._recorder.prefer(choice)
        self._behind.do(partial(self._teller.prefer, choice))
        return choice

    def _drive(self, searching: Searching) -> Verdict:
        step = self._step(searching, None)
        while isinstance(step, Ask):
            step = self._step(searching, self._round(step), step.round)
        return step

    def _step(
        self, searching: Searching, answers: Sequence[Answer] | None, number: int = 0
    ) -> Ask | Verdict:
        """Send the search its answers of round `number` and return what it asks next."""
        with self._stepping:
            try:
                if answers is None:
                    step = next(searching)
                else:
                    step = searching.send(reply(number, answers, self._recorder.choices))
                while isinstance(step, Chosen):
                    self._behind.do(partial(self._teller.tell, step))
                    step = searching.send(())
            except StopIteration as end:
                self._first = None
                verdict: Verdict = end.value
                return verdict
            self._first = max(self._first or 1, step.round + 1)
            return step

    def _round(self, wanted: Ask) -> list[Answer]:
        """Answer one ask: what the journal knows from there, the rest by drawing it.

        A search that is to stop is answered with nothing from then on.
        """
        ask = self._allowed(wanted)
        if not ask.shots:
            return []
        missing = [shot for shot in ask.shots if shot.id not in self._known]
        if missing:
            self._draw(missing)
        if any(shot.id not in self._known for shot in missing):
            if self._stop.is_set():
                raise Interrupted(self._recorder.path)
            raise ExecutorFault(ask.round)
        self._weigh(ask)
        self._behind.do(partial(self._teller.end_round, ask))
        return [self._known[shot.id].answer for shot in ask.shots]

    def _allowed(self, wanted: Ask) -> Ask:
        """Return what of an ask is worth drawing, as the budget and the scores so far have it."""
        ask = self._spending.allow(wanted)
        if self._recorder.recipe.allowance is None or ask.round == 0 or self._stopped:
            return ask
        if any(shot.id in self._known for shot in ask.shots):
            return ask
        if reason := self._enough(ask):
            self._stopped = Stopped(ask.round, reason)
            self._spending.stop(self._stopped)
            self._behind.do(partial(self._teller.stop, self._stopped))
            return replace(ask, shots=())
        return ask

    def _enough(self, ask: Ask) -> str | None:
        """Say why nothing more is to be drawn, or None."""
        budget = self._recorder.recipe.allowance
        if not ask.shots:
            return f"the budget of {budget} is spent"
        if budget and budget.unit == "seconds":
            spent = self._before + monotonic() - self._began
            next_one = spent / max(1, len(self._known)) * len(ask.shots)
            if spent + next_one > budget.amount:
                return (
                    f"{spent:.0f} of {budget} are spent, and another round would take "
                    f"about {next_one:.0f}"
                )
        if self._recorder.choices:
            # They were asked for by someone who knows what they look for.
            return None
        return unlikely(scored(entry.answer for entry in self._known.values()))

    def _draw(self, shots: Sequence[Shot]) -> None:
        recorder = self._recorder
        if any(not recorder.holds(shot.parent) for shot in shots if shot.parent):
            self._behind.wait()
        for item in self._answers(shots, self._parents(shots)):
            if isinstance(item, Note):
                self._behind.do(partial(self._teller.tell, item))
                continue
            if item.drawn:
                recorder.hold(item.drawn)
            self._known[item.shot.id] = Entry.of(item, None).on(self._scale)
            revisions = self._executor.revisions()
            self._behind.do(partial(self._teller.record, item, revisions))

    def _answers(
        self, shots: Sequence[Shot], parents: Mapping[str, Drawn]
    ) -> Iterable[Answer | Note]:
        jury = self._recorder.recipe.jury
        return self._executor.answer(shots, jury=jury, parents=parents, stop=self._stop)

    def _parents(self, shots: Sequence[Shot]) -> dict[str, Drawn]:
        """Return the parents of `shots`; one that a person chose may have to be drawn again.

        A finished run keeps the latents it can go on from by itself, and started from its PNG
        alone a round would not be the one that `cohp replay` draws.
        """
        recorder = self._recorder
        parents = recorder.parents(shots)
        chosen = {choice.shot for choice in recorder.choices} - self._redrawn
        lost = [each for each in parents.values() if each.latents is None]
        again = [each.shot for each in lost if each.shot.id in chosen]
        if not again:
            return parents
        self._redrawn |= {shot.id for shot in again}
        for item in self._answers(again, recorder.parents(again)):
            if not isinstance(item, Note) and item.drawn:
                recorder.redrawn(item.drawn)
        return recorder.parents(shots)

    def _weigh(self, ask: Ask) -> None:
        """Fit an ensemble's scale to the opening, once it is all there."""
        recipe = self._recorder.recipe
        opening = [self._known[shot.id].members for shot in ask.shots]
        if self._scale is None and (judged := [each for each in opening if each]):
            members = [each.member for each in read(recipe.reward)]
            spreads = {member.name: spread(member.name) for member in members}
            scale = self._scale = fit(members, judged, recipe.combine, spreads)
            self._known = {shot: entry.on(scale) for shot, entry in self._known.items()}
            self._behind.do(partial(self._teller.weigh, scale))
