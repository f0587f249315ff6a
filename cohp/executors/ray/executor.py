"""An executor whose models and rewards are elsewhere on a Ray cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from cohp.executors.base import Stop, batch_key
from cohp.executors.ray.calling import Call
from cohp.executors.ray.generators import Sketch, Sketched
from cohp.executors.ray.judge import Judge, judge
from cohp.executors.ray.site import Site
from cohp.executors.ray.wire import Sent
from cohp.executors.scoring import Judges
from cohp.pipelines.safety import SafetyFilter
from cohp.recipe import Recipe
from cohp.types import Answer, Drawn, Jury, Note, Shot

# Shots of one request: enough for a batch, few enough for several workers to share a search.
AT_ONCE = 8


class RayExecutor:
    """Answers shots through the workers of a site, all of an ask at the same time."""

    def __init__(self, site: Site) -> None:
        """Have `site` draw and judge."""
        self._site = site
        self._judges: dict[str, Judge] = {}
        self._filter: SafetyFilter | None = None
        self._revisions: dict[str, str] = {}
        self._routes: dict[str, dict[str, float]] = {}

    def require(self, models: Sequence[str], jury: Jury) -> None:
        """Raise `Missing` where a worker lacks files of a model or a judge; nothing is loaded."""
        if jury.safety:
            self._filter = self._filter or SafetyFilter()
        self._routes = self._site.routes(models)
        calls = [
            self._site.require(kind, [model])
            for model, kinds in self._routes.items()
            for kind in kinds
        ]
        for name in filter(None, (jury.reward, jury.referee)):
            calls += [each.require() for each in self._judge(name).members]
        for call in calls:
            call.reply()

    def plan(self, recipes: Sequence[Recipe]) -> None:
        """Leave it to the workers who is held where."""

    def answer(
        self, shots: Sequence[Shot], *, jury: Jury, parents: Mapping[str, Drawn], stop: Stop
    ) -> Iterator[Answer | Note]:
        """Have `shots` drawn by whoever is free, and each batch scored; answers come in order."""
        judges = Judges(
            self._judge(jury.reward).whole,
            self._judge(jury.referee).whole if jury.referee else None,
            self._sifting() if jury.safety else None,
        )
        waiting = deque(self._asked(batch, parents) for batch in _batches(shots))
        while waiting and not stop.is_set():
            reply = waiting.popleft().reply()
            self._revisions[f"model {reply.answers[0].shot.model}"] = reply.revision
            yield from map(Note, reply.notes)
            yield from judges.answers([each.unpacked() for each in reply.answers])
        for call in waiting:
            call.drop()

    def revisions(self) -> Mapping[str, str]:
        """Return the revision of each model and reward that has answered so far."""
        judges = {
            f"reward {name}": each.whole.revision
            for name, each in self._judges.items()
            if all(member.revision for member in each.members)
        }
        return {**self._revisions, **judges}

    def seat(self) -> RayExecutor:
        """Return an executor for one search among many: the workers merge what all ask for."""
        return RayExecutor(self._site)

    def close(self) -> None:
        """Let go of what this process holds; the workers belong to the site."""
        self._judges.clear()

    def _asked(self, shots: Sequence[Shot], parents: Mapping[str, Drawn]) -> Call[Sketched]:
        wanted = {each.parent for each in shots if each.parent in parents}
        packed = {name: Sent.of(parents[name]) for name in wanted if name}
        return self._site.draw(self._kind(shots[0]), Sketch(shots, packed))

    def _kind(self, shot: Shot) -> str:
        """Return the workers a shot goes to: by its id, so that equal shots go the same way."""
        if shot.model not in self._routes:
            self._routes |= self._site.routes([shot.model])
        kinds = self._routes[shot.model]
        place = int(shot.id, 16) / 16 ** len(shot.id) * sum(kinds.values())
        for kind, part in kinds.items():
            place -= part
            if place < 0:
                return kind
        return kind

    def _judge(self, name: str) -> Judge:
        if name not in self._judges:
            self._judges[name] = judge(name, self._site)
        return self._judges[name]

    def _sifting(self) -> SafetyFilter:
        self._filter = self._filter or SafetyFilter()
        return self._filter


def _batches(shots: Sequence[Shot]) -> Iterator[list[Shot]]:
    for _, group in groupby(shots, key=batch_key):
        alike = list(group)
        for start in range(0, len(alike), AT_ONCE):
            yield alike[start : start + AT_ONCE]
