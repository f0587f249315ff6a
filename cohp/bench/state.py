"""What a benchmark's journal holds, read whole: images by contestant and prompt, and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cohp.errors import RunTrouble
from cohp.record import journal
from cohp.types import Score

JOURNAL = "bench.jsonl"
# A contestant's name and a prompt's id.
Place = tuple[str, str]
Said = Score | str


@dataclass(frozen=True)
class Image:
    """A contestant's image for a prompt, or the reason why there is none.

    `file` is relative to the benchmark's folder; `run` is the run folder of a whole recipe.
    """

    file: str | None = None
    reason: str | None = None
    model: str | None = None
    shots: int = 1
    seconds: float = 0.0
    run: str | None = None


@dataclass
class State:
    """Everything that is known so far."""

    sessions: list[Mapping[str, Any]] = field(default_factory=list)
    revisions: dict[str, str] = field(default_factory=dict)
    images: dict[Place, Image] = field(default_factory=dict)
    scores: dict[Place, dict[str, Said]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> State:
        """Read the journal in `folder`."""
        if not (folder / JOURNAL).is_file():
            raise RunTrouble(
                f"{folder} holds no benchmark. Name the folder that cohp bench run printed, "
                f"the one with {JOURNAL} in it."
            )
        state = cls()
        for line in journal.read(folder / JOURNAL)[0]:
            state.take(line)
        return state

    def take(self, line: Mapping[str, Any]) -> None:
        """Take in one line of the journal."""
        match line["kind"]:
            case "session":
                self.sessions.append(line)
            case "loaded":
                self.revisions[line["name"]] = line["revision"]
            case "image":
                place = line["contestant"], line["prompt"]
                self.images[place] = Image(**line["image"])
                # Another image than before has no scores yet.
                self.scores.pop(place, None)
            case "score":
                said = self.scores.setdefault((line["contestant"], line["prompt"]), {})
                said[line["judge"]] = Score(**line["score"]) if line["score"] else line["reason"]


def image_line(place: Place, image: Image) -> dict[str, Any]:
    """Return the journal's line for an image."""
    return {"kind": "image", "contestant": place[0], "prompt": place[1], "image": asdict(image)}


def score_line(place: Place, judge: str, said: Said) -> dict[str, Any]:
    """Return the journal's line for what a judge said of an image."""
    score = {"mean": said.mean, "std": said.std} if isinstance(said, Score) else None
    return {
        "kind": "score",
        "contestant": place[0],
        "prompt": place[1],
        "judge": judge,
        "score": score,
        "reason": None if score else said,
    }
