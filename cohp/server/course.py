"""The course of a run as its journal tells it: numbered events, and what they amount to.

An event follows from the journal's lines alone, so that it has the same number whenever and by
whomever it is read: while the run is drawn, after a restart, or years later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cohp.errors import CohpError
from cohp.recipe import Recipe, complete
from cohp.record import choices
from cohp.record.choices import leading
from cohp.record.entry import Entry
from cohp.reward.combine import Scale
from cohp.run import plan, reply, search
from cohp.search.base import Reply, Searching
from cohp.server import marks
from cohp.server.answers import said
from cohp.server.marks import Mark
from cohp.server.pictures import picture
from cohp.spending import Spending, Stopped
from cohp.types import Ask, Chosen, Preferred, Verdict


@dataclass(frozen=True)
class Told:
    """One event: its number in the run, its name, and what it says."""

    id: int
    name: str
    data: Mapping[str, Any]


class Course:
    """A run so far; it is fed the lines of a journal in order."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.recipe: Recipe | None = None
        self.began = ""
        self.planned = 0
        self.entries: dict[str, Entry] = {}
        self.choices: list[Preferred] = []
        self.chosen: Chosen | None = None
        self.verdict: Verdict | None = None
        # Why the search cannot go on, whatever is drawn.
        self.fault: str | None = None
        self.mark: Mark | None = None
        self.revisions: dict[str, str] = {}
        self.count = 0
        self._scale: Scale | None = None
        self._stopped: Stopped | None = None
        self._searching: Searching | None = None
        self._step: Ask | Chosen | None = None
        # Asks that were answered, of this search and of all that was told.
        self._place = 0
        self._told = 0
        self._finished = False

    @property
    def wanting(self) -> bool:
        """Tell whether the server owes this run something."""
        mark = self.mark
        if mark is None or mark.state != marks.QUEUED or self.fault:
            return False
        return self.verdict is None or self.growing

    @property
    def growing(self) -> bool:
        """Tell whether more rounds are asked for than the run was begun with so far."""
        asked = [self.mark.rounds if self.mark else None, *(each.rounds for each in self.choices)]
        return max((each or 0 for each in asked), default=0) > self.done

    @property
    def done(self) -> int:
        """How many rounds the run has, or where a budget ends them has had so far."""
        if self.recipe is None:
            return 0
        drawn = max((each.shot.round for each in self.entries.values()), default=0)
        return drawn if self.recipe.budget else self.recipe.rounds

    @property
    def reason(self) -> str | None:
        """Why it failed, or None."""
        return self.fault or (self.mark.reason if self.mark else None)

    @property
    def choice(self) -> Preferred | None:
        """What a person chose last, or None."""
        return self.choices[-1] if self.choices else None

    @property
    def best(self) -> Entry | None:
        """The verdict's image, or the best so far."""
        if self.verdict:
            return self.entries[self.verdict.best.shot.id]
        return leading(self.entries.values(), self.choice)

    def feed(self, line: Mapping[str, Any]) -> list[Told]:
        """Take in the journal's next line and return the events that follow from it."""
        told = []
        for name, data in self._read(line):
            self.count += 1
            told.append(Told(self.count, name, data))
        return told

    def _read(self, line: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        match line["kind"]:
            case "session":
                yield "started", self._begin(line)
            case "loaded":
                self.revisions[line["name"]] = line["revision"]
                yield "loaded", {"name": line["name"], "revision": line["revision"]}
            case "shot":
                entry = Entry.from_json(line).on(self._scale)
                self.entries[entry.shot.id] = entry
                yield "image", {"image": self.shown(entry), **self._progress()}
            case "scale":
                self._scale = Scale.from_json(line["scale"])
                self.entries = {key: each.on(self._scale) for key, each in self.entries.items()}
            case "stopped":
                self._stopped = Stopped(line["round"], line["reason"])
                yield "note", {"text": f"stopped before round {line['round']}: {line['reason']}."}
                self._restart()
            case choices.KIND:
                yield "preferred", self._prefer(choices.from_json(line))
                self._restart()
            case marks.KIND:
                self.mark = Mark.from_json(line)
                yield self.mark.state, {"rounds": self.mark.rounds, "reason": self.mark.reason}
        yield from self._advance()

    def shown(self, entry: Entry) -> dict[str, Any]:
        """Return an image as clients see it."""
        return picture(self.run, entry).model_dump()

    def _progress(self) -> dict[str, int]:
        return {"done": len(self.entries), "planned": self.planned}

    def _begin(self, line: Mapping[str, Any]) -> dict[str, Any]:
        recipe = self.recipe = complete(line["recipe"])
        self.began = self.began or line["at"]
        self.planned = sum(len(ask.shots) for ask in plan(recipe))
        if self.mark and self.mark.state != marks.QUEUED:
            self.mark = None
        self._finished = False
        self._restart()
        return {"recipe": recipe.to_json(), **self._progress()}

    def _prefer(self, choice: Preferred) -> dict[str, Any]:
        self.choices.append(choice)
        self._finished = False
        image = self.shown(self.entries[choice.shot])
        return {"image": image, **vars(choice)}

    def _restart(self) -> None:
        """Start the search anew; what it asks is answered from the journal."""
        if self.recipe is None:
            return
        self.verdict = self.fault = None
        self._place = 0
        self._spending = Spending(self.recipe, self._stopped)
        self._searching = search(self.recipe)
        self._send(None)

    def _send(self, answers: Sequence[Reply] | None) -> None:
        if self._searching is None:
            return
        try:
            # A generator that has not begun is sent None.
            step = self._searching.send(answers)  # type: ignore[arg-type]
            self._step = self._spending.allow(step) if isinstance(step, Ask) else step
        except StopIteration as end:
            self._step, self.verdict = None, end.value
        except CohpError as error:
            self._step, self.fault = None, said(error)

    def _advance(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Go on with the search as far as the journal answers it."""
        while step := self._step:
            if isinstance(step, Chosen):
                if self.chosen != step:
                    self.chosen = step
                    yield "chosen", {"model": step.model, "standings": dict(step.standings)}
                self._send(())
                continue
            answered = [self.entries[each.id] for each in step.shots if each.id in self.entries]
            if len(answered) < len(step.shots) or self._unweighed(answered):
                return
            self._place += bool(answered)
            if self._place > self._told:
                self._told = self._place
                yield "round", self._told_round(step.round, answered)
            answers = [each.answer for each in answered]
            self._send(reply(step.round, answers, self.choices))
        # What goes on for a person who asked for more has not finished.
        if self.verdict and not self._finished and not self.growing:
            self._finished = True
            yield "finished", self._told_verdict(self.verdict)

    def _unweighed(self, answered: Sequence[Entry]) -> bool:
        """Tell whether an ensemble's scores cannot be compared yet."""
        return self._scale is None and any(each.members for each in answered)

    def _told_round(self, number: int, answered: Sequence[Entry]) -> dict[str, Any]:
        best = self.best
        return {
            "round": number,
            "images": [self.shown(each) for each in answered],
            "best": self.shown(best) if best else None,
        }

    def _told_verdict(self, verdict: Verdict) -> dict[str, Any]:
        return {
            "model": verdict.model,
            "best": self.shown(self.entries[verdict.best.shot.id]),
            "lineage": [each.shot.id for each in verdict.lineage],
        }
