"""Writes down what a run does and tells of it, one thing after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cohp.events import Event, Finished, ImageDone, Listener, RoundDone, Started
from cohp.record.entry import Entry
from cohp.record.recorder import Recorder
from cohp.reward.combine import Scale
from cohp.reward.loading import spread
from cohp.reward.referee import suspicion
from cohp.spending import Stopped
from cohp.types import Answer, Ask, Note, Verdict


class Teller:
    """The record of one run and its listener: what it tells is on disk."""

    def __init__(self, recorder: Recorder, listen: Listener, planned: int) -> None:
        self._recorder = recorder
        self._listen = listen
        self._planned = planned
        self._best: Entry | None = None
        self._noted: set[tuple[str, str]] = set()
        # What the reward and the referee said of each image that took the lead.
        self._leads: list[tuple[float, float]] = []

    def start(self) -> None:
        """Tell that the run begins or goes on, and what changed since."""
        recorder = self._recorder
        recorded = len(recorder.entries)
        self._listen(Started(recorder.path, recorder.recipe, self._planned, recorded))
        for package, before, now in recorder.changes:
            self.tell(Note(f"{package} was {before} and is {now}: new images may differ a little."))

    def finish(self, verdict: Verdict) -> None:
        """Tell the verdict."""
        self._recorder.forget_latents(verdict)
        self._listen(Finished(self._recorder.path, verdict, self._recorder.best))

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        self._listen(event)

    def record(self, answer: Answer, revisions: Mapping[str, str]) -> None:
        """Write an answer down, and then tell of it."""
        self._recorder.loaded(revisions)
        entry = self._recorder.add(answer)
        self._pass_on(entry)
        self._listen(ImageDone(entry, len(self._recorder.entries), self._planned))

    def weigh(self, scale: Scale) -> None:
        """Write down the scale of an ensemble, and say whose spread had to be assumed."""
        self._recorder.weigh(scale)
        for name in scale.flat:
            text = f"{name} gave every image of the opening the same score"
            self._listen(Note(f"{text}; its usual spread stands in."))

    def stop(self, stopped: Stopped) -> None:
        """Write down that the search ends early, and say why."""
        self._recorder.stop(stopped.round, stopped.reason)
        self._listen(Note(f"stopped before round {stopped.round}: {stopped.reason}."))

    def end_round(self, ask: Ask) -> None:
        """Keep best.png the best image of the rounds so far, and tell of the round."""
        answered = tuple(self._recorder.entries[shot.id] for shot in ask.shots)
        self._lead(answered)
        self._listen(RoundDone(ask.round, answered, self._best))

    def _pass_on(self, entry: Entry) -> None:
        """Tell once what a generator noted, however many images it noted it of."""
        note = entry.facts.get("note")
        if note and (entry.shot.model, note) not in self._noted:
            self._noted.add((entry.shot.model, note))
            self._listen(Note(f"{entry.shot.model}: {note}"))

    def _lead(self, answered: Sequence[Entry]) -> None:
        """Let the best image of a round lead; ties go to the earlier one."""
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
