"""Drives a search: asks it, answers from the journal or the executor, records, tells.

Resuming is replaying: the same search is started again and answered from the journal
until the journal ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from threading import Event
from time import monotonic

from cohp import registry
from cohp.errors import ExecutorFault, Interrupted
from cohp.events import Listener
from cohp.executors.base import Executor, Stop
from cohp.recipe import Recipe
from cohp.record.behind import Behind
from cohp.record.entry import Entry
from cohp.record.recorder import Recorder
from cohp.reward.combine import fit
from cohp.reward.loading import spread
from cohp.reward.wanted import read
from cohp.search.base import Searching, scored
from cohp.spending import Spending, Stopped, unlikely
from cohp.telling import Teller
from cohp.types import Answer, Ask, Chosen, Note, Score, Scored, Shot, Verdict


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


def retrace(
    recipe: Recipe, entries: Mapping[str, Entry], stopped: tuple[int, str] | None = None
) -> tuple[Chosen | None, Verdict | None]:
    """Return what a journal amounts to: the choice made and the verdict, as far as it goes."""
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
            step = searching.send([entries[shot.id].answer for shot in shots])
    except StopIteration as end:
        return chosen, end.value
    return chosen, None


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
        self._began = monotonic()
        planned = sum(len(ask.shots) for ask in plan(recorder.recipe))
        self._teller = Teller(recorder, listen, planned)

    def finish(self) -> Verdict:
        """Work until the search has its verdict; raises `Interrupted` when asked to stop."""
        self._teller.start()
        with self._behind:
            verdict = self._drive(search(self._recorder.recipe))
        self._teller.finish(verdict)
        return verdict

    def _drive(self, searching: Searching) -> Verdict:
        try:
            step = next(searching)
            while True:
                if isinstance(step, Chosen):
                    self._behind.do(partial(self._teller.tell, step))
                    step = searching.send(())
                else:
                    step = searching.send(self._round(step))
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict

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
        return unlikely(scored(entry.answer for entry in self._known.values()))

    def _draw(self, shots: Sequence[Shot]) -> None:
        recorder = self._recorder
        if any(not recorder.holds(shot.parent) for shot in shots if shot.parent):
            self._behind.wait()
        answers = self._executor.answer(
            shots,
            jury=recorder.recipe.jury,
            parents=recorder.parents(shots),
            stop=self._stop,
        )
        for item in answers:
            if isinstance(item, Note):
                self._behind.do(partial(self._teller.tell, item))
                continue
            if item.drawn:
                recorder.hold(item.drawn)
            self._known[item.shot.id] = Entry.of(item, None).on(self._scale)
            revisions = self._executor.revisions()
            self._behind.do(partial(self._teller.record, item, revisions))

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
