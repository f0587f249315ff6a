"""Models that note what they draw, take a time of their own, and crash at a poison prompt.

A plug-in for the benchmarks and tests of a cluster, known to every process in the environment that
`install` returns.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import sleep, time

from cohp.catalogue import Model
from cohp.pipelines import load
from cohp.types import Drawn, Shot, Unscored

POISON = "poison"
LOG = "COUNTED_LOG"
ENTRY = """
[{name}]
generator = "counted"
width = {side}
height = {side}
steps = {steps}
guidance = 2.5
options = {{ of = "{of}", seconds = {seconds} }}
"""


class Counted:
    """Draws with another model, and appends a line a shot to the file named by COUNTED_LOG."""

    def __init__(self, model: Model, **_: object) -> None:
        self._inner = load(str(model.options["of"]))
        self._seconds = float(model.options["seconds"])

    @property
    def revision(self) -> str:
        """That of the model it draws with."""
        return self._inner.revision

    def draw(
        self, shots: Sequence[Shot], parents: Mapping[str, Drawn]
    ) -> Iterator[Drawn | Unscored]:
        """Draw and take note; a poison prompt ends the process, as a fault in a driver would."""
        if any(POISON in shot.prompt for shot in shots):
            os._exit(1)
        sleep(self._seconds * len(shots))
        drawn = list(self._inner.draw(shots, parents))
        if LOG in os.environ:
            with Path(os.environ[LOG]).open("a") as log:
                log.write("".join(f"{shot.id} {time():.3f}\n" for shot in shots))
        return iter(drawn)

    def close(self) -> None:
        """Let the inner model go."""
        self._inner.close()


def drawn(log: Path) -> Counter[str]:
    """Return how often each shot was drawn."""
    return Counter(line.split()[0] for line in log.read_text().splitlines())


def entry(name: str, of: str, *, side: int = 64, steps: int = 4, seconds: float = 0.0) -> str:
    """Return the entry of a model that draws with another."""
    return ENTRY.format(name=name, of=of, side=side, steps=steps, seconds=seconds)


def install(folder: Path, *entries: str) -> dict[str, str]:
    """Write down the plug-in and such models, and return the environment that makes them known."""
    about = folder / "cohp_counted-0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: cohp-counted\nVersion: 0\n")
    (about / "entry_points.txt").write_text("[cohp.pipelines]\ncounted = counted:Counted\n")
    (folder / "models.toml").write_text("".join(entries))
    here = str(Path(__file__).parent)
    paths = [str(folder), here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "COHP_MODELS": str(folder / "models.toml")}
