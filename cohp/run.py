"""Drives a search: asks it, answers from the journal or the executor, records, tells.

Resuming is replaying: the same search is started again and answered from the journal
until the journal ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event

from cohp import registry
from cohp.errors import ExecutorFault, Interrupted
from cohp.events import Finished, ImageDone, Listener, RoundDone, Started
from cohp.executors.base import Executor, Stop
from cohp.recipe import Recipe
from cohp.record.entry import Entry
from cohp.record.recorder import Recorder
from cohp.reward.combine import fit
from cohp.reward.loading import spread
from cohp.reward.referee import suspicion
from cohp.reward.wanted import read
from cohp.search.base import Searching
from cohp.types import Answer, Ask, Chosen, Note, Score, Scored, Shot, Verdict


def plan(recipe: Recipe) -> tuple[Ask, ...]:
    """Return what a run would ask for, found by answering its search with even scores.

    Which model is refined is not known before the scores are; the first one stands for it.
    """
    searching = search(recipe)
    asks: list[Ask] = []
    try:
        step = next(searching)
        while True:
            answers: list[Answer] = []
            if isinstance(step, Ask):
                asks.append(step)
                answers = [Scored(shot, Score(0.0)) for shot in step.shots]
            step = searching.send(answers)
    except StopIteration:
        return tuple(asks)


def retrace(recipe: Recipe, entries: Mapping[str, Entry]) -> tuple[Chosen | None, Verdict | None]:
    """Return what a journal amounts to: the choice made and the verdict, as far as it goes."""
    searching = search(recipe)
    chosen: Chosen | None = None
    try:
        step = next(searching)
        while isinstance(step, Chosen) or all(shot.id in entries for shot in step.shots):
            if isinstance(step, Chosen):
                chosen = step
                step = searching.send(())
            else:
                step = searching.send([entries[shot.id].answer for shot in step.shots])
    except StopIteration as end:
        return chosen, end.value
    return chosen, None


def search(recipe: Recipe) -> Searching:
    """Start the search a recipe names."""
    searching: Searching = registry.find("search", recipe.search)(recipe)
    return searching


class Run:
    """One run at work: a recorder to write to, an executor to draw, and someone to tell."""

    def __init__(
        self, recorder: Recorder, executor: Executor, listen: Listener, stop: Stop | None = None
    ) -> None:
        self._recorder = recorder
        self._executor = executor
        self._listen = listen
        self._stop = stop or Event()
        self._planned = sum(len(ask.shots) for ask in plan(recorder.recipe))
        self._best: Entry | None = None
        self._noted: set[tuple[str, str]] = set()
        # What the reward and the referee said of each image that took the lead.
        self._leads: list[tuple[float, float]] = []

    def finish(self) -> Verdict:
        """Work until the search has its verdict; raises `Interrupted` when asked to stop."""
        recorder = self._recorder
        recorded = len(recorder.entries)
        self._listen(Started(recorder.path, recorder.recipe, self._planned, recorded))
        for package, before, now in recorder.changes:
            self._listen(
                Note(f"{package} was {before} and is {now}: new images may differ a little.")
            )
        verdict = self._drive(search(recorder.recipe))
        recorder.forget_latents(verdict)
        self._listen(Finished(recorder.path, verdict, recorder.best))
        return verdict

    def _drive(self, searching: Searching) -> Verdict:
        try:
            step = next(searching)
            while True:
                if isinstance(step, Chosen):
                    self._listen(step)
                    step = searching.send(())
                else:
                    step = searching.send(self._round(step))
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict

    def _round(self, ask: Ask) -> list[Answer]:
        """Answer one ask: what the journal knows from there, the rest by drawing it."""
        entries = self._recorder.entries
        missing = [shot for shot in ask.shots if shot.id not in entries]
        if missing:
            self._draw(missing)
        if any(shot.id not in entries for shot in missing):
            if self._stop.is_set():
                raise Interrupted(self._recorder.path)
            raise ExecutorFault(ask.round)
        self._weigh(ask)
        answered = tuple(self._recorder.entries[shot.id] for shot in ask.shots)
        self._lead(answered)
        self._listen(RoundDone(ask.round, answered, self._best))
        return [entry.answer for entry in answered]

    def _draw(self, shots: Sequence[Shot]) -> None:
        recorder = self._recorder
        answers = self._executor.answer(
            shots,
            jury=recorder.recipe.jury,
            parents=recorder.parents(shots),
            stop=self._stop,
        )
        for item in answers:
            if isinstance(item, Note):
                self._listen(item)
                continue
            recorder.loaded(self._executor.revisions())
            entry = recorder.add(item)
            self._pass_on(entry)
            self._listen(ImageDone(entry, len(recorder.entries), self._planned))

    def _pass_on(self, entry: Entry) -> None:
        """Tell once what a generator noted, however many images it noted it of."""
        note = entry.facts.get("note")
        if note and (entry.shot.model, note) not in self._noted:
            self._noted.add((entry.shot.model, note))
            self._listen(Note(f"{entry.shot.model}: {note}"))

    def _weigh(self, ask: Ask) -> None:
        """Fit an ensemble's scale to the opening, once it is all there."""
        recorder, recipe = self._recorder, self._recorder.recipe
        opening = [recorder.entries[shot.id].members for shot in ask.shots]
        if recorder.scale is None and (judged := [each for each in opening if each]):
            members = [each.member for each in read(recipe.reward)]
            spreads = {member.name: spread(member.name) for member in members}
            scale = fit(members, judged, recipe.combine, spreads)
            recorder.weigh(scale)
            for name in scale.flat:
                text = f"{name} gave every image of the opening the same score"
                self._listen(Note(f"{text}; its usual spread stands in."))

    def _lead(self, answered: Sequence[Entry]) -> None:
        """Keep best.png the best image of the rounds so far; ties go to the earlier one."""
        scored = [entry for entry in answered if entry.score]
        leader = max(scored, key=lambda entry: entry.mean, default=None)
        if leader and (self._best is None or leader.mean > self._best.mean):
            self._best = leader
            self._recorder.lead(leader)
            self._hear_referee(leader)

    def _hear_referee(self, leader: Entry) -> None:
        name = self._recorder.recipe.referee
        if name is None or leader.referee is None:
            return
        self._leads.append((leader.mean, leader.referee.mean))
        if warning := suspicion(self._leads, name, spread(name)):
            self._listen(Note(warning))
