"""Where a reward's files are on this machine, what is missing, and getting it when asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import urlopen

from cohp.cache import cache_folder, link, put
from cohp.errors import BadInput, CohpError, Missing, MissingWeights
from cohp.pins import commit_of, pin
from cohp.reward.catalogue import Entry, Source, find

SOME = 1 << 20


def locate(name: str, place: Path | None = None) -> Path:
    """Return the folder or file the reward called `name` is made from; nothing is fetched.

    Without a `place` of the user's it is a folder of links into the hub's cache, laid out as the
    rewards read them, other rewards' folders beside it.
    """
    if place is not None:
        if not place.exists():
            raise MissingWeights(f"There is no {place}. Name the folder that holds {name}.")
        return place
    entry = find(name)
    return _assembled(entry)


def is_here(entry: Entry) -> bool:
    """Tell whether everything the reward needs is on this machine."""
    return bool(entry.sources) and next(_missing(entry), None) is None


def download(entry: Entry, say: Callable[[str], object]) -> Path:
    """Fetch what is missing of a reward, after saying how much it is and under which licence."""
    say(f"{entry.name}: {entry.size}, licence: {entry.licence}.")
    if not entry.sources:
        raise MissingWeights(_by_hand(entry))
    for source, file in list(_missing(entry)):
        with _plainly(entry, source, file):
            _settle(source, say)
            say(f"Getting {file} from {source.where} ...")
            _fetch(source, file)
    return _assembled(entry)


def arrived(name: str) -> str | None:
    """Return the commits of a reward's repositories that were pinned when they arrived here."""
    pins = [
        f"{source.repo}@{source.commit}"
        for source in find(name).sources
        if source.repo and not source.revision and source.commit
    ]
    return "+".join(pins) or None


def _assembled(entry: Entry) -> Path:
    lacking: dict[str, list[str]] = {}
    for source, file in _missing(entry):
        lacking.setdefault(source.where, []).append(file)
    if not entry.sources:
        raise MissingWeights(_by_hand(entry))
    if lacking:
        raise MissingWeights(
            f"{entry.name} is not on this machine ({entry.size}, licence: {entry.licence}): it "
            f"lacks {_listed(lacking)}. Get it with `cohp rewards --get {entry.name}`, or name a "
            f"folder that has it with --reward {entry.name}=FOLDER."
        )
    for other in entry.needs:
        _assembled(find(other))
    folder = cache_folder() / "rewards" / entry.name
    for source in entry.sources:
        for file in source.files:
            target = _cached(source, file)
            if target is None:
                raise Missing(f"{file} of {source.where} went away while it was looked at.")
            if source.repo and not source.revision:
                # It may have been here before it was asked for; it is held to all the same.
                pin(source.repo, commit_of(target, file))
            if source.pickled:
                link(folder / source.into / source.pickled, _converted(target))
            else:
                link(folder / source.into / Path(file).name, target)
    return folder


def _missing(entry: Entry) -> Iterator[tuple[Source, str]]:
    for source in entry.sources:
        for file in source.files:
            if _cached(source, file) is None:
                yield source, file
    for other in entry.needs:
        yield from _missing(find(other))


def _cached(source: Source, file: str) -> Path | None:
    """Look a file up on this machine; no network, so that it answers at once."""
    if source.repo is None:
        kept = cache_folder() / "downloads" / str(source.sha256)
        return kept if kept.is_file() else None
    # Imported here because a list of names must not wait for it.
    from huggingface_hub import constants, try_to_load_from_cache  # noqa: PLC0415

    found = try_to_load_from_cache(
        source.repo, file, cache_dir=constants.HF_HUB_CACHE, revision=source.commit
    )
    return Path(found) if isinstance(found, str) else None


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
    say(
        f"CoHP knows no commit of {source.repo}. The hub's newest is {commit}: this machine holds "
        "to it from now on."
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


def _listed(lacking: Mapping[str, Sequence[str]]) -> str:
    return " and ".join(f"{', '.join(files)} of {where}" for where, files in lacking.items())


def _converted(path: Path) -> Path:
    from cohp.reward.tensors import converted  # noqa: PLC0415 - torch, for this one alone

    return converted(path)


def _by_hand(entry: Entry) -> str:
    return (
        f"{entry.name} cannot be downloaded by a program ({entry.size}, licence: "
        f"{entry.licence}): {entry.by_hand} Then name its folder: --reward {entry.name}=FOLDER."
    )
