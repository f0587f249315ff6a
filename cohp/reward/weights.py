"""Where a reward's files are on this machine, and what is missing; nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cohp import whereabouts
from cohp.cache import cache_folder, link
from cohp.errors import Missing, MissingWeights
from cohp.pins import commit_of, pin
from cohp.reward.catalogue import Entry, Source, find


def locate(name: str) -> Path:
    """Return the folder with all of a reward's files, or say which are missing.

    What does not come with CoHP is a folder of links, laid out as the rewards read it, other
    rewards' folders beside it.
    """
    entry = find(name)
    return entry.folder or assembled(entry)


def is_here(entry: Entry) -> bool:
    """Tell whether everything the reward needs is on this machine."""
    if entry.folder:
        return True
    return bool(entry.sources) and next(missing(entry), None) is None


def arrived(name: str) -> str | None:
    """Return the commits of a reward's repositories that were pinned when they arrived here."""
    pins = [
        f"{source.repo}@{source.commit}"
        for source in find(name).sources
        if source.repo and not source.revision and source.commit
    ]
    return "+".join(pins) or None


def missing(entry: Entry) -> Iterator[tuple[Source, str]]:
    """Name each file that a reward lacks, and where it is to be had."""
    for source in entry.sources:
        for file in source.files:
            if cached(source, file) is None:
                yield source, file
    for other in entry.needs:
        yield from missing(find(other))


def cached(source: Source, file: str) -> Path | None:
    """Look a file up on this machine."""
    if source.repo is not None:
        return whereabouts.cached(source.repo, file, source.commit)
    kept = cache_folder() / "downloads" / str(source.sha256)
    return kept if kept.is_file() else None


def by_hand(entry: Entry) -> MissingWeights:
    """Say how a person gets what no program can."""
    return MissingWeights(
        f"{entry.name} cannot be downloaded by a program ({entry.size}, licence: "
        f"{entry.licence}): {entry.by_hand} Then name its folder: --reward {entry.name}=FOLDER."
    )


def assembled(entry: Entry) -> Path:
    """Do the same for a reward's entry."""
    if not entry.sources:
        raise by_hand(entry)
    lacking: dict[str, list[str]] = {}
    for source, file in missing(entry):
        lacking.setdefault(source.where, []).append(file)
    if lacking:
        raise MissingWeights(
            f"{entry.name} is not on this machine ({entry.size}, licence: {entry.licence}): it "
            f"lacks {_listed(lacking)}. Get it with `cohp rewards --get {entry.name}`, or name a "
            f"folder that has it with --reward {entry.name}=FOLDER."
        )
    for other in entry.needs:
        assembled(find(other))
    folder = cache_folder() / "rewards" / entry.name
    for source in entry.sources:
        for file in source.files:
            target = cached(source, file)
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


def _listed(lacking: Mapping[str, Sequence[str]]) -> str:
    return " and ".join(f"{', '.join(files)} of {where}" for where, files in lacking.items())


def _converted(path: Path) -> Path:
    from cohp.reward.pickled import converted  # noqa: PLC0415 - torch, for this one alone

    return converted(path)
