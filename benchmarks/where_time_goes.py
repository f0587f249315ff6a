"""Where the time of a chain goes, by its stages and by its operations, as a picture.

python benchmarks/where_time_goes.py [OUT.svg] [PROMPTS]

The stages are timed in chains of both embedded models, the models loaded before; the operations are
told by torch's profiler in one more chain, and what it leaves of that chain's time is Python's.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from threading import get_ident
from time import perf_counter, thread_time
from typing import Any

from chain import MODELS, SHAPE
from scenes import prompts
from torch.profiler import ProfilerActivity, profile
from where_plot import Bar, plot

from cohp import engine as engines
from cohp.engine import Engine, compose
from cohp.executors.scoring import Judges
from cohp.pipelines.autoencoder import Autoencoder
from cohp.pipelines.denoiser import Denoiser
from cohp.pipelines.prompts import Prompts
from cohp.telling import Teller

REST = "CoHP itself, pixels to images"
WRITING = "of a thread beside, which writes images, latents and journal"
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("prompts encoded", Prompts, "_encode"),
    ("denoised", Denoiser, "run"),
    ("denoised", Denoiser, "begin"),
    ("decoded", Autoencoder, "decode"),
    ("scored", Judges, "answers"),
    ("page and sheet", engines, "write_reports"),
)
# The first that an operation's name holds is its kind.
KINDS = {
    "matrix products": ("addmm", "mm", "linear"),
    "attention": ("scaled_dot_product",),
    "convolutions": ("convolution",),
    "norms and activations": ("norm", "gelu", "silu", "softmax"),
    "other arithmetic and copies": ("aten::",),
}


class Spans:
    """Seconds by stage; one within another counts for itself alone."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self.seconds: dict[str, float] = {}
        self._open: dict[int, list[str]] = {}
        self._since: dict[int, float] = {}

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count the time in this block for a stage, in whatever thread it is."""
        self._count()
        self._open.setdefault(get_ident(), []).append(stage)
        try:
            yield
        finally:
            self._count()
            self._open[get_ident()].pop()

    def watch(self, stage: str, owner: Any, name: str) -> None:  # noqa: ANN401 - class or module
        """Count every call of a function for a stage."""
        plain: Callable[..., Any] = getattr(owner, name)

        @wraps(plain)
        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            with self.of(stage):
                return plain(*arguments, **named)

        setattr(owner, name, timed)

    def _count(self) -> None:
        now, thread = self._clock(), get_ident()
        if stages := self._open.get(thread):
            spent = now - self._since[thread]
            self.seconds[stages[-1]] = self.seconds.get(stages[-1], 0.0) + spent
        self._since[thread] = now


def main(out: str = "docs/images/where-time-goes.svg", count: str = "5") -> None:
    """Measure, print a line a part, and draw the picture."""
    # Beside others on one core a clock would count the waiting, so it is the thread's own time.
    spans, beside = Spans(), Spans(thread_time)
    for stage, owner, name in STAGES:
        spans.watch(stage, owner, name)
    beside.watch(WRITING, Teller, "record")
    asked = prompts(int(count) + 2)
    recipes = [compose(prompt, models=MODELS, **SHAPE) for prompt in asked]
    with Engine() as engine, tempfile.TemporaryDirectory() as folder:

        def run(number: int) -> None:
            with spans.of(REST):
                engine.run(recipes[number], out=Path(folder) / str(number))

        run(0)
        spans.seconds.clear()
        beside.seconds.clear()
        for number in range(1, len(recipes) - 1):
            run(number)
        stages, writing = dict(spans.seconds), beside.seconds[WRITING]
        with profile(activities=[ProfilerActivity.CPU]) as told:
            began = perf_counter()
            run(len(recipes) - 1)
            whole = perf_counter() - began
    order = [*dict.fromkeys(stage for stage, *_ in STAGES), REST]
    bars = [
        Bar("by stage", {name: stages.get(name, 0.0) for name in order}),
        Bar("by operation", _operations(told, whole)),
    ]
    for bar in bars:
        for name, share in bar.shares.items():
            print(f"{bar.title}: {name} {share:.1%}")
    total = sum(stages.values())
    print(f"{WRITING}: {writing / total:.1%}")
    print(f"a chain takes {total / int(count):.1f} s")
    Path(out).write_text(plot(bars), "utf-8")


def _operations(told: profile, whole: float) -> Mapping[str, float]:
    """Return the seconds of each kind of operation, and of all that is none."""
    kinds = dict.fromkeys([*KINDS, "Python, files and pictures"], 0.0)
    for each in told.key_averages():
        for kind, names in KINDS.items():
            if any(name in each.key for name in names):
                kinds[kind] += each.self_cpu_time_total / 1e6
                break
    kinds["Python, files and pictures"] = max(0.0, whole - sum(kinds.values()))
    return kinds


if __name__ == "__main__":
    main(*sys.argv[1:])
