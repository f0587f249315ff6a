"""What a server counts, as the text that Prometheus reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import RLock

HELP = {
    "cohp_requests_total": "Requests answered, by route and status.",
    "cohp_request_seconds_total": "Seconds spent on them, by route.",
    "cohp_runs_total": "Runs that ended, by how.",
    "cohp_images_total": "Images drawn.",
}


class Metrics:
    """Counters that several threads count up."""

    def __init__(self) -> None:
        # A signal may count while its thread counts.
        self._lock = RLock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        """Count one more, or `by` more."""
        said = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels.items())
        with self._lock:
            self._counts[name, f"{{{said}}}" if said else ""] += by  # type: ignore[assignment]

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """Return every counter, and the gauges of this moment: a name, its help and its value."""
        lines = []
        with self._lock:
            counts = sorted(self._counts.items())
        for name, about in HELP.items():
            own = [
                f"{name}{labels} {value:.12g}" for (each, labels), value in counts if each == name
            ]
            lines += [f"# HELP {name} {about}", f"# TYPE {name} counter", *own]
        for name, (about, value) in gauges.items():
            lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge", f"{name} {value:.12g}"]
        return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
