"""Draws and scores in this process: models come and go around a reward that stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from cohp import pipelines
from cohp.errors import OutOfMemory
from cohp.executors.base import Stop, batch_key
from cohp.executors.drawing import drawn_or_reason
from cohp.executors.halving import Halving
from cohp.executors.scoring import Judges
from cohp.pipelines.base import Generator
from cohp.pipelines.safety import SafetyFilter
from cohp.reward.base import Reward
from cohp.reward.loading import load, require
from cohp.types import Answer, Drawn, Jury, Note, Shot, Unscored

Result = TypeVar("Result")


class LocalExecutor:
    """Answers shots here; the reward stays until `close`, a model until another needs its room."""

    def __init__(
        self,
        load_model: Callable[[str], Generator] = pipelines.load,
        load_reward: Callable[[str], Reward] = load,
    ) -> None:
        self._load_model = load_model
        self._load_reward = load_reward
        self._models: dict[str, Generator] = {}
        self._rewards: dict[str, Reward] = {}
        self._filter: SafetyFilter | None = None
        self._notes: list[Note] = []
        self._halving = Halving(lambda text: self._notes.append(Note(text)))

    def require(self, models: Sequence[str], jury: Jury) -> None:
        """Raise `Missing` where files of a model or a judge, or the safety filter, are not here."""
        for model in models:
            pipelines.require(model)
        if jury.safety:
            self._filter = self._filter or SafetyFilter()
        for judge in filter(None, (jury.reward, jury.referee)):
            require(judge)

    def answer(
        self, shots: Sequence[Shot], *, jury: Jury, parents: Mapping[str, Drawn], stop: Stop
    ) -> Iterator[Answer | Note]:
        """Draw and score `shots` in batches of shots that may share one."""
        # The reward first: it must find its room before the models take theirs.
        judges = self._judges(jury)
        for _, group in groupby(shots, key=batch_key):
            for batch in self._draw(list(group), parents, judges, stop):
                yield from batch

    def revisions(self) -> Mapping[str, str]:
        """Return the revision of each model and reward that has been loaded so far."""
        models = {f"model {name}": each.revision for name, each in self._models.items()}
        return models | {f"reward {name}": each.revision for name, each in self._rewards.items()}

    def close(self) -> None:
        """Let go of every model."""
        for model in self._models.values():
            model.close()
        for judge in self._rewards.values():
            judge.close()
        self._models.clear()
        self._rewards.clear()

    def _draw(
        self, shots: Sequence[Shot], parents: Mapping[str, Drawn], judges: Judges, stop: Stop
    ) -> Iterator[Sequence[Answer | Note]]:
        if stop.is_set():
            return
        name = shots[0].model
        generator = self._model(name)

        def draw(batch: Sequence[Shot]) -> list[Drawn | Unscored]:
            return self._with_room(name, lambda: drawn_or_reason(generator, batch, parents))

        drawing = self._halving.batches(name, shots, draw)
        for batch in drawing:
            scoring = self._halving.batches("the reward", batch, judges.answers)
            answers = [answer for scored in scoring for answer in scored]
            yield [*self._notes, *answers]
            self._notes.clear()
            if stop.is_set():
                return

    def _judges(self, jury: Jury) -> Judges:
        referee = self._reward(jury.referee) if jury.referee else None
        if jury.safety:
            self._filter = self._filter or SafetyFilter()
        return Judges(self._reward(jury.reward), referee, self._filter if jury.safety else None)

    def _model(self, name: str) -> Generator:
        if name not in self._models:
            self._models[name] = self._with_room(name, lambda: self._load_model(name))
        return self._models[name]

    def _with_room(self, name: str, work: Callable[[], Result]) -> Result:
        """Do what needs memory for a model; the other models leave where there is too little."""
        try:
            return work()
        except OutOfMemory:
            others = [each for each in self._models if each != name]
            if not others:
                raise
            for other in others:
                self._models.pop(other).close()
            self._notes.append(Note(f"{', '.join(others)} made room for {name}."))
        return work()

    def _reward(self, name: str) -> Reward:
        if name not in self._rewards:
            self._rewards[name] = self._load_reward(name)
        return self._rewards[name]
