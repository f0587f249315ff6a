"""Says in one sentence, and of which model, what diffusers raises while one is made ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cohp.catalogue import Model
from cohp.errors import BadInput, CohpError, Missing


@contextmanager
def plainly(model: Model) -> Iterator[None]:
    """Turn whatever diffusers raises into one sentence that names the model."""
    try:
        yield
    except CohpError:
        raise
    except NotImplementedError as error:  # torch's word for weights that never came
        raise BadInput(
            f"{model.name} lacks some of its weights: the file was cut short, or its "
            "configuration is that of another model. Name the right one after an @."
        ) from error
    except ImportError as error:
        raise Missing(f"{model.name} needs a package that is not here: {_first(error)}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise BadInput(
            f"{model.name} cannot be loaded: {_first(error).rstrip('.')}. "
            "Get its files afresh, or name another model."
        ) from error


def _first(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]
