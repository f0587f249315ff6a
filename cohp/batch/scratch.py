"""Where a search of a cluster works on its node, and goes on after its process was lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from cohp.batch.lines import Asked
from cohp.batch.place import Place
from cohp.cache import cache_folder
from cohp.engine import Engine, Job
from cohp.errors import RunBusy, RunDamaged, WorkersDied
from cohp.result import Outcome


@contextmanager
def searched(engine: Engine, asked: Asked, place: Place) -> Iterator[Outcome]:
    """Search for one prompt of the batch at `place`, and let go of the run when the block ends.

    What an earlier search for it left on this node is gone on with. It stays where workers died
    at it, or this process is lost: the next search draws nothing again that it had recorded.
    """
    told = json.dumps([str(place), asked.name, asked.recipe.to_json()], sort_keys=True)
    mine = cache_folder() / "searches" / hashlib.sha256(told.encode()).hexdigest()[:24]
    outcome = _search(engine, asked, mine)
    if isinstance(outcome.error, RunBusy | RunDamaged):
        # One that was thought lost is still at it, or spoilt what it left.
        with TemporaryDirectory(prefix="cohp-") as fresh:
            yield _search(engine, asked, Path(fresh))
        return
    yield outcome
    if not isinstance(outcome.error, WorkersDied):
        rmtree(mine, ignore_errors=True)


def _search(engine: Engine, asked: Asked, folder: Path) -> Outcome:
    (outcome,) = engine.work([Job(asked.number, asked.recipe, folder / asked.name)], together=1)
    return outcome
