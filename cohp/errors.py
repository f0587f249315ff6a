"""Every error CoHP raises on purpose; each message says what to do next.

CohpError
|- BadInput              what was asked for cannot be done as asked
|  |- UnknownName        no model, reward, search or recipe goes by that name
|  |- BadRecipe          a recipe has an unknown key, a wrong type or a value out of range
|  |- DoesNotFit         a model needs more memory than there is
|  `- BadImage           an image cannot be read, or cannot be scored
|- Missing               something that is needed is not on this machine
|  |- MissingExtra       an optional package
|  `- MissingWeights     a model's files
|- RunTrouble            the run folder cannot be used
|  |- RunNotFound        there is no run there
|  |- RunExists          there is another run there already
|  |- RunBusy            another process works on it
|  |- RunDamaged         its journal or an image was changed or lost
|  |- RunUnwritable      the disk is full, or the folder is not writable
|  `- NoSuchRun          a server has no run, or no image, of that name
|- OutUnwritable         an output file cannot be written
|- OutOfMemory           a batch did not fit the device
|- QueueFull             a server has as much waiting as it takes
|- ServerRefused         a server did not do what it was asked, or is not there
|- ExecutorFault         an executor did not answer what it was asked
|- WorkersDied           every worker of a cluster that was asked died at it
|- NothingScored         no image of the opening could be scored
|- SomeUnscored          some images could not be scored; the others were
|- SomeFailed            some prompts of a batch have no image; the others do
|- Interrupted           someone asked the run to stop
`- Stopped               someone asked to stop what is no run
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class CohpError(Exception):
    """The root of every error CoHP raises on purpose."""


class BadInput(CohpError):
    """What was asked for cannot be done as asked."""


class UnknownName(BadInput):
    """No model, reward, search or recipe goes by that name."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(close)}?" if close else f"Known: {', '.join(names)}."
        super().__init__(f"There is no {kind} called {name!r}. {hint}")
        self.kind = kind
        self.name = name
        self.close = close


class BadRecipe(BadInput):
    """A recipe has an unknown key, a wrong type or a value out of range."""


class DoesNotFit(BadInput):
    """A model needs more memory than there is, however it is held."""


class BadImage(BadInput):
    """An image cannot be read, or cannot be scored."""


class Missing(CohpError):
    """Something that is needed is not on this machine."""


class MissingExtra(Missing):
    """An optional package is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an extra: pip install 'cohp[{extra}]'")
        self.extra = extra


class MissingWeights(Missing):
    """A model's files are not on this machine."""


class RunTrouble(CohpError):
    """A run folder cannot be used."""


class RunNotFound(RunTrouble):
    """There is no run in that folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} holds no run. Name the folder that cohp generate printed, "
            "the one with journal.jsonl in it."
        )


class RunExists(RunTrouble):
    """There is another run in that folder already."""

    def __init__(self, folder: Path | str, go_on: str | None = None) -> None:
        super().__init__(
            f"{folder} already holds something else. Go on with it by "
            f"`{go_on or f'cohp resume {folder}'}`, or name another folder with --out."
        )


class RunBusy(RunTrouble):
    """Another process works on that run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Another process is working on {folder}. Wait for it to end, or stop it first."
        )


class RunDamaged(RunTrouble):
    """A journal line or an image was changed or lost."""


class RunUnwritable(RunTrouble):
    """The disk is full, or the folder is not writable."""

    def __init__(self, folder: Path, reason: str, go_on: str = "cohp resume") -> None:
        super().__init__(
            f"Cannot write to {folder}: {reason}. What was recorded is safe: "
            f"make room or mend it, then `{go_on} {folder}`."
        )


class NoSuchRun(RunTrouble):
    """A server has no run, or no image, of that name."""


class OutUnwritable(CohpError):
    """An output file cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"Cannot write {path}: {reason}. What is in it stays good: make room or mend it, "
            "then give the same command again."
        )


class OutOfMemory(CohpError):
    """A batch did not fit the device."""

    def __init__(self, sentence: str, *, by_batch: bool = True) -> None:
        """Say what did not fit; without `by_batch` a smaller batch would need as much."""
        super().__init__(sentence)
        self.by_batch = by_batch


class QueueFull(CohpError):
    """A server has as much waiting as it takes."""

    def __init__(self, waiting: int, seconds: int) -> None:
        super().__init__(f"{waiting} are waiting already. Ask again in about {seconds} seconds.")
        self.seconds = seconds


class ServerRefused(CohpError):
    """A server did not do what it was asked, or is not there; `status` is 0 where it is not."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


class ExecutorFault(CohpError):
    """An executor did not answer what it was asked."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"The executor lost images of round {number}, which is a fault in it. "
            "What it answered is recorded; resume the run with another executor."
        )


class WorkersDied(CohpError):
    """Every worker of a cluster that was asked died at it."""

    def __init__(self, what: str, times: int) -> None:
        super().__init__(
            f"{times} workers died while they {what}. Their logs are in Ray's session folder on "
            "their nodes (/tmp/ray/session_latest/logs), and say why."
        )


class NothingScored(CohpError):
    """No image of the opening could be scored."""


class SomeUnscored(CohpError):
    """Some images could not be scored; the others were."""


class SomeFailed(CohpError):
    """Some prompts of a batch have no image; the others do."""


class Interrupted(CohpError):
    """Someone asked the run to stop; everything drawn so far is recorded."""

    def __init__(self, folder: Path | str, go_on: str = "cohp resume") -> None:
        super().__init__(f"Stopped. Go on with: {go_on} {folder}")
        self.folder = folder


class Stopped(CohpError):
    """Someone asked to stop; what was scored is kept."""
