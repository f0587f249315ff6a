"""Getting the images that are missing: many prompts a batch, or a whole run for each prompt."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence

from cohp.bench.contestants import Contestant
from cohp.bench.ledger import GO_ON, Ledger
from cohp.bench.prompts import Prompt
from cohp.bench.state import Image
from cohp.errors import ExecutorFault, Interrupted, NothingScored, RunNotFound
from cohp.events import Event
from cohp.executors.base import Executor, Stop
from cohp.record.recorder import Recorder
from cohp.run import Run
from cohp.types import Jury, Note, Verdict

RUNS = "runs"


class Drawing:
    """Draws what a benchmark lacks, and has each image judged by its first judge on the way."""

    def __init__(
        self,
        ledger: Ledger,
        executor: Executor,
        judge: tuple[str, str],
        stop: Stop,
        note: Callable[[Note], None],
    ) -> None:
        """Judge by the `judge`: its name, and the reward to load."""
        self._ledger = ledger
        self._executor = executor
        self._judge, self._reward = judge
        self._stop = stop
        self._note = note

    def draw(
        self, contestant: Contestant, prompts: Sequence[Prompt], batch: int
    ) -> Iterator[Sequence[Prompt]]:
        """Draw a contestant's image for each prompt, yielding those that are done."""
        size = batch if contestant.drawn_at_once else 1
        if contestant.recipe is not None:
            # Of a model alone, as many images as prompts are drawn at once.
            at_once = {"per_model": size} if contestant.drawn_at_once else {}
            self._executor.plan([contestant.recipe.model_copy(update=at_once)])
        for start in range(0, len(prompts), size):
            part = prompts[start : start + size]
            self._go_on()
            if contestant.drawn_at_once:
                self._together(contestant, part)
            else:
                self._by_search(contestant, *part)
            yield part

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise Interrupted(self._ledger.folder, GO_ON)

    def _together(self, contestant: Contestant, prompts: Sequence[Prompt]) -> None:
        """Draw one image for each prompt, all as one batch."""
        shots = {contestant.shot_for(prompt): prompt for prompt in prompts}
        safety = contestant.recipe is not None and contestant.recipe.safety
        jury = Jury(self._reward, safety=safety)
        answers = self._executor.answer(list(shots), jury=jury, parents={}, stop=self._stop)
        for item in answers:
            if isinstance(item, Note):
                self._note(item)
                continue
            self._ledger.loaded(self._executor.revisions())
            self._ledger.drawn(contestant, shots.pop(item.shot), item, self._judge)
        if shots:
            self._go_on()
            raise ExecutorFault(0)

    def _by_search(self, contestant: Contestant, prompt: Prompt) -> None:
        """Let a recipe search for one prompt, in a run folder of its own that goes on by itself."""
        run = f"{RUNS}/{_slug(contestant.name)}/{prompt.id}"
        folder = self._ledger.folder / run
        try:
            opened = Recorder.reopen(folder)
        except RunNotFound:
            opened = Recorder.begin(folder, contestant.recipe_for(prompt))
        with opened as recorder:
            try:
                verdict = Run(recorder, self._executor, self._hear, self._stop).finish()
            except NothingScored as error:
                image = Image(reason=str(error).rstrip("."), run=run)
            except Interrupted as error:
                raise Interrupted(self._ledger.folder, GO_ON) from error
            else:
                image = self._outcome(recorder, verdict, run)
        self._ledger.loaded(self._executor.revisions())
        self._ledger.put((contestant.name, prompt.id), image)

    def _outcome(self, recorder: Recorder, verdict: Verdict, run: str) -> Image:
        entries = recorder.entries.values()
        return Image(
            self._ledger.keep(recorder.best.read_bytes()),
            model=verdict.best.shot.model,
            shots=len(entries),
            seconds=round(sum(entry.seconds for entry in entries), 4),
            run=run,
        )

    def _hear(self, event: Event) -> None:
        if isinstance(event, Note):
            self._note(event)


def _slug(name: str) -> str:
    """Return a contestant's name as a folder can have it, no two the same."""
    slug = re.sub(r"[^\w.-]+", "-", name)
    return slug if slug == name else f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
