"""Gets what a reward lacks, once a person has asked for it by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import urlopen

from cohp.cache import cache_folder, put
from cohp.errors import BadInput, CohpError, MissingWeights
from cohp.pins import pin
from cohp.reward.catalogue import Entry, Source
from cohp.reward.weights import assembled, by_hand, missing

SOME = 1 << 20


def download(entry: Entry, say: Callable[[str], object]) -> Path:
    """Fetch what is missing of a reward, after saying how much it is and under which licence."""
    say(f"{entry.name}: {entry.size}, licence: {entry.licence}.")
    if entry.folder:
        return entry.folder
    if not entry.sources:
        raise by_hand(entry)
    for source, file in list(missing(entry)):
        with _plainly(entry, source, file):
            _settle(source, say)
            say(f"Getting {file} from {source.where} ...")
            _fetch(source, file)
    return assembled(entry)


def _fetch(source: Source, file: str) -> None:
    if source.repo is None:
        put(cache_folder() / "downloads" / str(source.sha256), lambda path: _copy(source, path))
        return
    from huggingface_hub import constants, hf_hub_download  # noqa: PLC0415

    hf_hub_download(source.repo, file, revision=source.commit, cache_dir=constants.HF_HUB_CACHE)


def _settle(source: Source, say: Callable[[str], object]) -> None:
    """Ask the hub for the newest commit where none is known, and hold to it from now on."""
    if source.repo is None or source.commit:
        return
    from huggingface_hub import HfApi  # noqa: PLC0415

    commit = pin(source.repo, str(HfApi().model_info(source.repo, timeout=30).sha))
    moved = source.seen and not commit.startswith(source.seen)
    say(
        f"CoHP knows no commit of {source.repo}. The hub's newest is {commit}: this machine holds "
        "to it from now on."
        + (f" It was {source.seen}... before: scores may differ from others'." if moved else "")
    )


@contextmanager
def _plainly(entry: Entry, source: Source, file: str) -> Iterator[None]:
    """Turn what can go wrong on the way into one sentence that says what to do."""
    try:
        yield
    except CohpError:
        raise
    except Exception as error:  # the hub's library speaks through clients with errors of their own
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise MissingWeights(
            f"{file} could not be had from {source.where}: {told}. Look to the network and run "
            f"`cohp rewards --get {entry.name}` again; what has come is kept."
        ) from error


def _copy(source: Source, path: Path) -> None:
    """Copy a file from its address, and refuse it unless it is the one that was pinned."""
    address = str(source.url)
    if urlparse(address).scheme != "https":
        raise BadInput(f"{address} is not an https address.")
    seen = hashlib.sha256()
    with urlopen(address, timeout=60) as stream, path.open("wb") as out:  # noqa: S310 - https
        while block := stream.read(SOME):
            seen.update(block)
            out.write(block)
    if seen.hexdigest() != source.sha256:
        raise BadInput(f"{address} gave another file than the one CoHP knows. It was not kept.")
