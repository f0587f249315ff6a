"""Runs a benchmark: draws what is missing, scores what has no score, says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cohp.bench.asked import Asked
from cohp.bench.contestants import Contestant
from cohp.bench.drawing import Drawing
from cohp.bench.ledger import GO_ON, Ledger
from cohp.bench.prompts import Prompt
from cohp.bench.results import Results
from cohp.errors import Interrupted
from cohp.executors.base import Stop
from cohp.executors.local import LocalExecutor
from cohp.measure.items import Item
from cohp.measure.judging import judge
from cohp.measure.panel import Panel
from cohp.measure.score_cache import ScoreCache
from cohp.reward.base import Reward
from cohp.reward.ensemble import Ensemble
from cohp.reward.loading import load, require, settled
from cohp.types import Note


@dataclass(frozen=True)
class Step:
    """How far a contestant is: so many of its images drawn, or scored."""

    doing: str
    contestant: str
    done: int
    planned: int


Listener = Callable[[Step | Note], None]


class Running:
    """A benchmark at work in its folder, with all its rewards loaded."""

    def __init__(
        self, ledger: Ledger, asked: Asked, panel: Panel, listen: Listener, stop: Stop
    ) -> None:
        self._ledger = ledger
        self._asked = asked
        self._panel = panel
        self._listen = listen
        self._stop = stop
        texts = dict.fromkeys(settled(each) for each in asked.rewards)
        # What is loaded already is handed to the runs of recipes too.
        self._held = dict(zip(texts, (_held(panel, name) for name in panel.judges), strict=True))

    def finish(self) -> Results:
        """Work until nothing is missing; raises `Interrupted` when asked to stop."""
        ledger, panel = self._ledger, self._panel
        ledger.begin(self._asked, tuple(panel.judges))
        ledger.loaded({f"judge {name}": each for name, each in panel.revisions.items()})
        first = next(iter(panel.judges)), next(iter(self._held))
        with closing(LocalExecutor(load_reward=self._load)) as executor:
            drawing = Drawing(ledger, executor, first, self._stop, self._listen)
            for contestant in self._asked.contestants:
                self._draw(drawing, contestant)
                for step in self._score(contestant, self._asked.prompts.prompts, self._stop):
                    self._listen(step)
                if self._stop.is_set():
                    raise Interrupted(ledger.folder, GO_ON)
        return Results.of(ledger.folder, ledger.state)

    def _load(self, text: str) -> Reward:
        return self._held.get(text) or load(text)

    def _draw(self, drawing: Drawing, contestant: Contestant) -> None:
        if contestant.recipe is None:
            return
        prompts = self._asked.prompts.prompts
        images = self._ledger.state.images
        # What could not be drawn is tried again: the cause may be gone.
        missing = [
            each
            for each in prompts
            if (known := images.get((contestant.name, each.id))) is None or known.file is None
        ]
        done = len(prompts) - len(missing)
        for part in drawing.draw(contestant, missing, self._asked.batch):
            if not contestant.drawn_at_once:
                # It was not judged on the way, and a benchmark that is stopped shows what it has.
                list(self._score(contestant, part))
            done += len(part)
            self._listen(Step("drawing", contestant.name, done, len(prompts)))

    def _score(
        self, contestant: Contestant, prompts: Sequence[Prompt], stop: Stop | None = None
    ) -> Iterator[Step]:
        """Have every judge score the images of these prompts that it has said nothing of."""
        waiting = self._unscored(contestant, prompts)
        items = [Item(image, str(image), prompt.text) for prompt, image in waiting]
        with closing(ScoreCache()) as cache:
            stream = judge(items, self._panel, cache, stop=stop)
            with closing(stream):
                for done, ((prompt, _), judged) in enumerate(zip(waiting, stream, strict=False), 1):
                    self._ledger.scored((contestant.name, prompt.id), judged.said)
                    yield Step("scoring", contestant.name, done, len(waiting))
        if cache.trouble:
            self._listen(Note(cache.trouble))

    def _unscored(
        self, contestant: Contestant, prompts: Sequence[Prompt]
    ) -> list[tuple[Prompt, Path]]:
        results = Results.of(self._ledger.folder, self._ledger.state)
        known = self._ledger.state.scores
        return [
            (prompt, image)
            for prompt in prompts
            if isinstance(image := results.image(contestant, prompt), Path)
            # A person's own images may have changed since; the score cache knows.
            and (
                contestant.folder is not None
                or self._panel.judges.keys() - known.get((contestant.name, prompt.id), {}).keys()
            )
        ]


def run(asked: Asked, folder: Path, listen: Listener, stop: Stop) -> Results:
    """Do what is asked in `folder`; what this machine lacks is said before anything is made."""
    executor = LocalExecutor()
    for each in asked.contestants:
        if each.recipe is not None:
            executor.require([model.name for model in each.recipe.models], each.recipe.jury)
    for reward in asked.rewards:
        require(reward)
    with Ledger(folder) as ledger:
        whole = asked.after(Asked.before(folder, ledger.state), folder)
        with Panel.load(whole.rewards) as panel:
            return Running(ledger, whole, panel, listen, stop).finish()


def _held(panel: Panel, name: str) -> Reward:
    """Return a judge of the panel as one reward."""
    asked = panel.judges[name]
    rewards = [panel.rewards[key] for key in asked.keys]
    if len(rewards) == 1:
        return rewards[0]
    return Ensemble(dict(zip(asked.members, rewards, strict=True)), asked.spreads)
