"""Writes down what a run does and tells of it, one thing after the other."""

from __future__ import annotations

from collections.abc import Mapping

from cohp.events import Event, Finished, ImageDone, Listener, RoundDone, Started
from cohp.record.choices import leading
from cohp.record.entry import Entry
from cohp.record.recorder import Recorder
from cohp.reward.combine import Scale
from cohp.reward.loading import spread
from cohp.reward.referee import suspicion
from cohp.select import stands
from cohp.spending import Stopped
from cohp.types import Answer, Ask, Note, Preferred, Verdict


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
        if recorder.choice:
            self.tell(recorder.choice)

    def finish(self, verdict: Verdict) -> None:
        """Tell the verdict; a choice that came with the last round is heard only here."""
        self._lead(self._recorder.entries[verdict.best.shot.id])
        self._recorder.forget_latents(verdict)
        self._listen(Finished(self._recorder.path, verdict, self._recorder.best))

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        self._listen(event)

    def prefer(self, choice: Preferred) -> None:
        """Tell that a person overruled the reward; their image is the best from now on."""
        self._listen(choice)
        self._lead(self._recorder.entries[choice.shot])

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
        choice = self._recorder.choice
        before = [self._best] if self._best and stands(self._best.shot, choice) else []
        # The one before comes first: ties go to the earlier one.
        if leader := leading([*before, *answered], choice):
            self._lead(leader)
        self._listen(RoundDone(ask.round, answered, self._best))

    def _pass_on(self, entry: Entry) -> None:
        """Tell once what a generator noted, however many images it noted it of."""
        note = entry.facts.get("note")
        if note and (entry.shot.model, note) not in self._noted:
            self._noted.add((entry.shot.model, note))
            self._listen(Note(f"{entry.shot.model}: {note}"))

    def _lead(self, leader: Entry) -> None:
        """Let an image lead, where it does not already."""
        if self._best is None or leader.shot.id != self._best.shot.id:
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
