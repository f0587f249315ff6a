"""Keeps diffusers and transformers from writing over our own progress while they load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back the libraries' warnings and progress bars; what they raise still comes through."""
    from diffusers.utils import logging as ours  # noqa: PLC0415 - seconds to import
    from transformers.utils import logging as theirs  # noqa: PLC0415

    before = [_hush(each) for each in (ours, theirs)]
    try:
        yield
    finally:
        for logging, (level, bars) in zip((ours, theirs), before, strict=True):
            logging.set_verbosity(level)
            if bars:
                logging.enable_progress_bar()


def _hush(logging: Any) -> tuple[int, bool]:  # noqa: ANN401 - a module of either library
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    return before
