"""The run folder as it lies on disk: what was asked for, what was drawn, how it scored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from cohp.errors import RunDamaged, RunNotFound
from cohp.recipe import Recipe, complete
from cohp.record import choices, journal
from cohp.record.entry import Entry
from cohp.reward.combine import Scale
from cohp.types import Preferred, Shot

JOURNAL = "journal.jsonl"
BEST = "best.png"
NAME_SIZE = 24


class RunFolder:
    """One run, read whole when it is made; raises `RunNotFound` or `RunDamaged`."""

    def __init__(self, path: Path) -> None:
        """Read the run at `path`."""
        self.path = path
        self.images = path / "images"
        self.latents = path / "latents"
        if not (path / JOURNAL).is_file():
            raise RunNotFound(path)
        lines, _ = journal.read(path / JOURNAL)
        sessions = [line for line in lines if line["kind"] == "session"]
        if not sessions:
            raise RunNotFound(path)
        self.recipe: Recipe = complete(sessions[-1]["recipe"])
        self._sessions: Sequence[Mapping[str, str]] = [each["versions"] for each in sessions]
        self.revisions: dict[str, str] = {
            line["name"]: line["revision"] for line in lines if line["kind"] == "loaded"
        }
        scales = [Scale.from_json(line["scale"]) for line in lines if line["kind"] == "scale"]
        self.scale: Scale | None = scales[-1] if scales else None
        stops = [line for line in lines if line["kind"] == "stopped"]
        # Why the search ended before its rounds did, and in which.
        self.stopped: tuple[int, str] | None = (
            (stops[-1]["round"], stops[-1]["reason"]) if stops else None
        )
        # What a person preferred to what the reward did, in order; the last one stands.
        self.choices: list[Preferred] = [
            choices.from_json(line) for line in lines if line["kind"] == choices.KIND
        ]
        shots = [Entry.from_json(line) for line in lines if line["kind"] == "shot"]
        self.entries: dict[str, Entry] = {each.shot.id: each.on(self.scale) for each in shots}

    @property
    def best(self) -> Path:
        """Where the best image is, once there is one."""
        return self.path / BEST

    @property
    def choice(self) -> Preferred | None:
        """What a person chose last, or None."""
        return self.choices[-1] if self.choices else None

    @property
    def drawn(self) -> int:
        """The last round of which something was drawn; 0 is stage one."""
        return max((each.shot.round for each in self.entries.values()), default=0)

    @property
    def done(self) -> int:
        """How many rounds the run has, or where a budget ends them has had so far."""
        return self.drawn if self.recipe.budget else self.recipe.rounds

    @property
    def versions(self) -> Mapping[str, str]:
        """The package versions of the last session."""
        return self._sessions[-1]

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """Each package whose version changed with the last session: its name, before and now."""
        before = self._sessions[-2] if len(self._sessions) > 1 else self.versions
        return [
            (name, before[name], now)
            for name, now in self.versions.items()
            if before.get(name, now) != now
        ]

    def lineage(self, shot: Shot) -> tuple[Shot, ...]:
        """Return the shots that led to `shot`, the first ancestor first and itself last."""
        path = [shot]
        while path[0].parent is not None:
            path.insert(0, self.entries[path[0].parent].shot)
        return tuple(path)

    def image(self, entry: Entry) -> Path:
        """Return the file of an entry's image, having checked that it is what was written."""
        path = self.images / (entry.image or "none")
        if not path.is_file() or content_name(path.read_bytes()) != path.name:
            raise RunDamaged(
                f"{path} was changed or lost. Restore it from a copy, or start a new run."
            )
        return path


def content_name(png: bytes) -> str:
    """Return the name of an image file: a digest of what is in it."""
    return f"{hashlib.sha256(png).hexdigest()[:NAME_SIZE]}.png"
