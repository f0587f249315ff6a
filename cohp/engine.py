"""The library's front door: an engine that keeps its models loaded from call to call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from types import TracebackType
from typing import Any, Self

from cohp.choosing import choose, owed
from cohp.errors import BadInput, CohpError, Interrupted, Missing, OutOfMemory, RunNotFound
from cohp.events import Event, Listener
from cohp.executors.base import Executor, Stop
from cohp.executors.local import LocalExecutor
from cohp.executors.stops import Either
from cohp.executors.together import together as at_once
from cohp.recipe import Recipe
from cohp.recipes import make
from cohp.record.folder import RunFolder
from cohp.record.places import new_folder, run_name
from cohp.record.recorder import Recorder
from cohp.reporting import write_reports
from cohp.result import Outcome, Result
from cohp.reward.loading import settled
from cohp.run import Run
from cohp.seeds import fresh_seed
from cohp.spending import fitted

# Searches in flight at a time, unless told otherwise.
TOGETHER = 20

BatchListener = Callable[[int, Event], None]


@dataclass(frozen=True)
class Job:
    """One run of many: its number, its recipe and its folder, which may hold a part of it."""

    number: int
    recipe: Recipe
    folder: Path


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
        with Recorder.begin(folder, recipe) as recorder, _withdrawn_if_empty(recorder):
            return self._work(recorder, on_event, stop)

    def batch(
        self,
        prompts: Iterable[str | Mapping[str, Any]],
        *,
        out: str | Path | None = None,
        together: int = TOGETHER,
        on_event: BatchListener | None = None,
        stop: Stop | None = None,
        **options: Any,  # noqa: ANN401 - the recipe's own keys, checked by it
    ) -> Iterator[Outcome]:
        """Search for the best image of each prompt, many at once; yield each as it is done.

        A prompt is a text, or a mapping of recipe keys that go before `options`; `recipe` names
        the one to start from. Each has a run folder under `out`; one that is there goes on.
        """
        parent = Path(out) if out is not None else new_folder("batch")
        jobs = []
        for number, each in enumerate(prompts, start=1):
            own = {"prompt": each} if isinstance(each, str) else each
            made = compose(**{"recipe": None, **options, **own})
            jobs.append(Job(number, made, parent / run_name(number, made.prompt)))
        yield from self.work(jobs, together=together, on_event=on_event, stop=stop)

    def work(
        self,
        jobs: Iterable[Job],
        *,
        together: int = TOGETHER,
        on_event: BatchListener | None = None,
        stop: Stop | None = None,
    ) -> Iterator[Outcome]:
        """Do many runs, `together` at a time, their asks merged; yield each as it is done."""
        lock, ended = Lock(), Flag()
        stopping = Either(stop or Flag(), ended)

        def listen(number: int, event: Event) -> None:
            with lock:
                if on_event:
                    on_event(number, event)

        def works() -> Iterator[Callable[[Executor], Callable[[], Outcome]]]:
            for job in jobs:
                if stopping.is_set():
                    return
                yield partial(self._begin, job, partial(listen, job.number), stopping)

        try:
            yield from at_once(self._executor, works(), together)
        finally:
            ended.set()

    def resume(  # noqa: PLR0913 - keywords, each an option of its own
        self,
        folder: str | Path,
        *,
        rounds: int | None = None,
        memory: str | None = None,
        devices: Sequence[str] | None = None,
        prefer: str | Path | None = None,
        on_event: Listener | None = None,
        on_run: Callable[[Run], None] = lambda _: None,
        stop: Stop | None = None,
    ) -> Result:
        """Go on with the run in `folder`; more `rounds` than it has extend it.

        `memory` and `devices` are for this session, where they are not to be the recipe's.
        `prefer` overrules the reward: the run goes on from that image, named by its shot or its
        file, and `rounds` counts those that follow. `on_run` is called with the run at work, which
        can be told to prefer another image at any moment.
        """
        path, here = Path(folder), {"memory": memory, "devices": devices}
        update = {name: each for name, each in here.items() if each is not None}
        if prefer is not None:
            choose(path, prefer, rounds)
            rounds = None
        rounds = rounds or owed(RunFolder(path))
        while True:
            self._require(RunFolder(path).recipe.model_copy(update=update))
            with Recorder.reopen(path, rounds) as recorder:
                result = self._work(recorder, on_event, stop, on_run)
            if (rounds := owed(recorder)) is None:
                return result

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

    def _require(self, recipe: Recipe, executor: Executor | None = None) -> None:
        """Say what is missing before anything is made."""
        names = [candidate.name for candidate in recipe.models]
        asked = executor or self._executor
        asked.require(names, recipe.jury)
        asked.plan([recipe])

    def _begin(
        self, job: Job, listen: Listener, stop: Stop, executor: Executor
    ) -> Callable[[], Outcome]:
        """Search for one of many; what is left to do is to write its reports."""
        done = partial(Outcome, job.number, job.folder)
        try:
            with ExitStack() as closing:
                self._require(job.recipe, executor)
                recorder = closing.enter_context(_opened(job))
                closing.enter_context(_withdrawn_if_empty(recorder))
                verdict = Run(recorder, executor, listen, stop).finish()
                kept = closing.pop_all()
        except CohpError as error:
            failure = error
            return lambda: done(error=failure)

        def finish() -> Outcome:
            with kept:
                try:
                    write_reports(recorder)
                except CohpError as error:
                    return done(error=error)
                return done(Result(recorder, verdict))

        return finish

    def _work(
        self,
        recorder: Recorder,
        on_event: Listener | None,
        stop: Stop | None,
        on_run: Callable[[Run], None] = lambda _: None,
    ) -> Result:
        on_run(run := Run(recorder, self._executor, on_event or (lambda _: None), stop))
        try:
            verdict = run.finish()
        except Interrupted:
            write_reports(recorder)
            raise
        write_reports(recorder)
        return Result(recorder, verdict)


@contextmanager
def _withdrawn_if_empty(recorder: Recorder) -> Iterator[None]:
    """Take a run back where what was asked for turns out to be impossible before it drew."""
    try:
        yield
    except (BadInput, Missing, OutOfMemory):
        if not recorder.entries:
            recorder.withdraw()
        raise


def _opened(job: Job) -> Recorder:
    """Go on with a job's run, or begin it."""
    try:
        return Recorder.reopen(job.folder)
    except RunNotFound:
        return Recorder.begin(job.folder, job.recipe)


def compose(prompt: str, recipe: str | None = None, **options: Any) -> Recipe:  # noqa: ANN401
    """Make a complete recipe of a prompt, a named recipe or file, and options on top of it."""
    if options.get("seed") is None:
        options["seed"] = fresh_seed()
    made = make(recipe, {**options, "prompt": prompt})
    made = fitted(made, rounds=options.get("rounds") is not None)
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
