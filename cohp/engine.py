"""The library's front door: an engine that keeps its models loaded from call to call."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cohp.errors import BadInput, Interrupted, Missing, OutOfMemory
from cohp.events import Listener
from cohp.executors.base import Executor, Stop
from cohp.executors.local import LocalExecutor
from cohp.recipe import Recipe
from cohp.recipes import make
from cohp.record.files import write_whole, writing
from cohp.record.folder import RunFolder
from cohp.record.metadata import encode
from cohp.record.recorder import Recorder
from cohp.report.page import page
from cohp.report.sheet import contact_sheet
from cohp.report.story import Story
from cohp.result import Result
from cohp.reward.loading import settled
from cohp.run import Run, retrace
from cohp.seeds import fresh_seed

RUNS = Path("cohp-runs")


class Engine:
    """Runs recipes; close it, or use it in a `with` block, to let its models go."""

    def __init__(self, executor: Executor | None = None) -> None:
        """Draw and score with `executor`: this machine's, unless told otherwise."""
        self._executor = executor or LocalExecutor()

    def generate(
        self,
        prompt: str,
        *,
        recipe: str | None = None,
        out: str | Path | None = None,
        on_event: Listener | None = None,
        **options: Any,  # noqa: ANN401 - the recipe's own keys, checked by it
    ) -> Result:
        """Search for the best image of `prompt`; options are the keys of a recipe."""
        return self.run(compose(prompt, recipe, **options), out=out, on_event=on_event)

    def run(
        self,
        recipe: Recipe,
        *,
        out: str | Path | None = None,
        on_event: Listener | None = None,
        stop: Stop | None = None,
    ) -> Result:
        """Run a recipe in a new folder."""
        self._require(recipe)
        folder = Path(out) if out is not None else new_folder(recipe.prompt)
        with Recorder.begin(folder, recipe) as recorder:
            try:
                return self._work(recorder, on_event, stop)
            except (BadInput, Missing, OutOfMemory):
                if not recorder.entries:
                    recorder.withdraw()
                raise

    def resume(
        self,
        folder: str | Path,
        *,
        rounds: int | None = None,
        on_event: Listener | None = None,
        stop: Stop | None = None,
    ) -> Result:
        """Go on with the run in `folder`; more `rounds` than it has extend it."""
        self._require(RunFolder(Path(folder)).recipe)
        with Recorder.reopen(Path(folder), rounds) as recorder:
            return self._work(recorder, on_event, stop)

    def close(self) -> None:
        """Let go of every model."""
        self._executor.close()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of every model."""
        self.close()

    def _require(self, recipe: Recipe) -> None:
        """Say what is missing before anything is made."""
        names = [candidate.name for candidate in recipe.models]
        self._executor.require(names, recipe.jury)

    def _work(self, recorder: Recorder, on_event: Listener | None, stop: Stop | None) -> Result:
        listen = on_event or (lambda _: None)
        try:
            verdict = Run(recorder, self._executor, listen, stop).finish()
        except Interrupted:
            write_reports(recorder)
            raise
        write_reports(recorder)
        return Result(recorder, verdict)


def compose(prompt: str, recipe: str | None = None, **options: Any) -> Recipe:  # noqa: ANN401
    """Make a complete recipe of a prompt, a named recipe or file, and options on top of it."""
    if options.get("seed") is None:
        options["seed"] = fresh_seed()
    made = make(recipe, {**options, "prompt": prompt})
    judges = {"reward": made.reward, "referee": made.referee}
    return made.model_copy(update={role: each and settled(each) for role, each in judges.items()})


def generate(prompt: str, **options: Any) -> Result:  # noqa: ANN401 - those of `Engine.generate`
    """Search for the best image of `prompt` once, and let the models go again."""
    with Engine() as engine:
        return engine.generate(prompt, **options)


def resume(folder: str | Path, **options: Any) -> Result:  # noqa: ANN401 - those of `Engine.resume`
    """Go on with the run in `folder`, and let the models go again."""
    with Engine() as engine:
        return engine.resume(folder, **options)


def new_folder(prompt: str) -> Path:
    """Return a folder for a run that was given none: when it began, and what it is of."""
    words = re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:40].strip("-")
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    wanted = RUNS / (f"{stamp}-{words}" if words else stamp)
    taken = 1
    folder = wanted
    while folder.exists():
        taken += 1
        folder = wanted.with_name(f"{wanted.name}-{taken}")
    return folder


def story(folder: RunFolder) -> Story:
    """Gather what every report of a run is drawn from."""
    chosen, verdict = retrace(folder.recipe, folder.entries)
    return Story(
        recipe=folder.recipe.to_json(),
        entries=tuple(folder.entries.values()),
        verdict=verdict,
        images=folder.images,
        chosen=chosen,
        versions=folder.versions,
        revisions=folder.revisions,
    )


def write_reports(folder: RunFolder) -> None:
    """Write the page and the contact sheet of a run, as far as it has come."""
    if not folder.entries:
        return
    told = story(folder)
    with writing(folder.path):
        write_whole(folder.path / "report.html", page(told).encode())
        write_whole(folder.path / "sheet.png", encode(contact_sheet(told), {}))
