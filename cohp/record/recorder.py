"""Writing to a run folder: one process at a time, each image whole before its line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from cohp.errors import BadInput, RunDamaged, RunExists
from cohp.recipe import Recipe
from cohp.record import choices, journal, latents, metadata
from cohp.record.claim import LOCK, make
from cohp.record.entry import Entry
from cohp.record.files import write_whole, writing
from cohp.record.folder import JOURNAL, RunFolder, content_name
from cohp.record.held import Held, taken
from cohp.record.versions import versions
from cohp.reward.combine import Scale
from cohp.types import Answer, Drawn, Preferred, Scored, Shot, Verdict


class Recorder(Held, RunFolder):
    """A run folder that this process alone writes to, until it is closed."""

    def __init__(self, path: Path, recipe: Recipe) -> None:
        """Lock the run in `path` and begin a session of `recipe`; see `begin` and `reopen`."""
        with self._claiming(path):
            with writing(path):
                self._journal = journal.Writer(path / JOURNAL)
                self._journal.append(_session(recipe))
            super().__init__(path)
            with writing(path):
                self.images.mkdir(exist_ok=True)
                self.latents.mkdir(exist_ok=True)
                readable = json.dumps(self.recipe.to_json(), indent=2, ensure_ascii=False)
                write_whole(path / "recipe.json", f"{readable}\n".encode())
        # The drawn shots of this session, so that parents need not be read back.
        self._fresh: dict[str, Drawn] = {}

    @classmethod
    def begin(cls, path: Path, recipe: Recipe) -> Recorder:
        """Begin a run in a folder that is new or empty."""
        make(path)
        if taken(path, JOURNAL):
            raise RunExists(path)
        return cls(path, recipe)

    @classmethod
    def reopen(cls, path: Path, rounds: int | None = None) -> Recorder:
        """Go on with the run in `path`; `rounds` extends it."""
        folder = RunFolder(path)
        recipe = folder.recipe
        if rounds is not None and rounds < folder.done:
            raise BadInput(
                f"{path} has {folder.done} rounds already; a run can be extended, not cut short."
            )
        # Who asks for more rounds has more to spend.
        more = {"rounds": rounds, "budget": None} if rounds else {}
        return cls(path, recipe.model_copy(update=more))

    def loaded(self, revisions: Mapping[str, str]) -> None:
        """Record which weights are at work; other weights than before would draw other images."""
        for name, revision in revisions.items():
            before = self.revisions.get(name)
            if before is None:
                with writing(self.path):
                    self._journal.append({"kind": "loaded", "name": name, "revision": revision})
                self.revisions[name] = revision
            elif before != revision:
                raise RunDamaged(
                    f"{name} is at revision {revision}, this run was made with {before}. "
                    "Bring that one back, or start a new run."
                )

    def add(self, answer: Answer) -> Entry:
        """Record an answer: its image and latents first, whole, and then its line."""
        with writing(self.path):
            entry = Entry.of(answer, self._keep(answer))
            self._journal.append({"kind": "shot", **entry.to_json()})
        self.entries[entry.shot.id] = entry.on(self.scale)
        return self.entries[entry.shot.id]

    def prefer(self, choice: Preferred) -> None:
        """Record that a person overruled the reward."""
        with writing(self.path):
            self._journal.append(choices.to_json(choice))
        self.choices.append(choice)

    def stop(self, number: int, reason: str) -> None:
        """Record from which round on nothing more is drawn, for a replay to do the same."""
        with writing(self.path):
            self._journal.append({"kind": "stopped", "round": number, "reason": reason})
        self.stopped = (number, reason)

    def weigh(self, scale: Scale) -> None:
        """Fix the scale an ensemble's scores are read on, for this run and for good."""
        with writing(self.path):
            self._journal.append({"kind": "scale", "scale": scale.as_json()})
        self.scale = scale
        self.entries = {shot: entry.on(scale) for shot, entry in self.entries.items()}

    def hold(self, drawn: Drawn) -> None:
        """Keep what was just drawn in memory: it may be the next parent."""
        self._fresh[drawn.shot.id] = drawn

    def holds(self, shot_id: str) -> bool:
        """Tell whether a parent is in memory, and need not be written to be read."""
        return shot_id in self._fresh

    def parents(self, shots: Iterable[Shot]) -> dict[str, Drawn]:
        """Return the parents of `shots`: still in memory, or as they were written."""
        wanted = {shot.parent for shot in shots if shot.parent is not None}
        # What is neither wanted now nor drawn next can be read back should it be wanted again.
        self._fresh = {each: self._fresh.get(each) or self._read(each) for each in wanted}
        return dict(self._fresh)

    def lead(self, entry: Entry) -> None:
        """Make an entry's image the best one so far, for everyone to see."""
        with writing(self.path):
            write_whole(self.best, self.image(entry).read_bytes())

    def redrawn(self, drawn: Drawn) -> None:
        """Keep the latents of a parent that was drawn again, in memory and on disk."""
        self.hold(drawn)
        if drawn.latents is not None:
            with writing(self.path):
                latents.store(self._latents_of(drawn.shot.id), drawn.latents)

    def forget_latents(self, verdict: Verdict) -> None:
        """Drop the latents that no extension of the run can start from by itself.

        It can start from what was a parent, from the last round, and from the best image
        of the chosen model.
        """
        shots = [entry.shot for entry in self.entries.values()]
        last = max(shot.round for shot in shots)
        own = [entry for entry in self.entries.values() if entry.shot.model == verdict.model]
        best = max(own, key=lambda entry: entry.mean)
        kept = {shot.parent for shot in shots} | {shot.id for shot in shots if shot.round == last}
        kept |= {best.shot.id, verdict.best.shot.id, *(each.shot for each in self.choices)}
        for path in self.latents.glob("*.safetensors"):
            if path.stem not in kept:
                path.unlink(missing_ok=True)

    def withdraw(self) -> None:
        """Take back a run of which nothing was drawn, so that its folder can be used again."""
        self.close()
        for name in ("recipe.json", JOURNAL, LOCK):
            (self.path / name).unlink(missing_ok=True)
        with suppress(OSError):  # a person may have put something there meanwhile
            for folder in (self.images, self.latents, self.path):
                folder.rmdir()

    def _keep(self, answer: Answer) -> str | None:
        drawn = answer.drawn
        if drawn is None:
            return None
        chunks: dict[str, str] = {}
        if self.recipe.metadata:
            score = answer.score if isinstance(answer, Scored) else None
            lineage = (*self.lineage(drawn.shot)[:-1], drawn.shot)
            chunks = metadata.chunks_of(self.recipe.to_json(), lineage, score, versions())
        png = metadata.encode(drawn.image, chunks)
        name = content_name(png)
        write_whole(self.images / name, png)
        if drawn.latents is not None:
            latents.store(self._latents_of(drawn.shot.id), drawn.latents)
        return name

    def _read(self, shot_id: str) -> Drawn:
        entry = self.entries[shot_id]
        with Image.open(self.image(entry), formats=["PNG"]) as image:
            pixels = image.convert("RGB")
        return Drawn(entry.shot, pixels, latents.fetch(self._latents_of(shot_id)))

    def _latents_of(self, shot_id: str) -> Path:
        return self.latents / f"{shot_id}.safetensors"


def _session(recipe: Recipe) -> dict[str, Any]:
    return {
        "kind": "session",
        "schema": journal.SCHEMA,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "recipe": recipe.to_json(),
    }
