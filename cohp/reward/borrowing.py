"""What a person's own folder or file of weights lacks, lent by the catalogue's copy."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cohp.cache import cache_folder, link
from cohp.errors import MissingWeights
from cohp.reward.catalogue import Entry, find
from cohp.reward.settings import described
from cohp.reward.weights import assembled, cached, is_here

SMALL = {".json", ".txt"}


def completed(name: str, place: Path) -> Path:
    """Return a person's folder or file of `name`, or links to it and to what it lacks.

    Publishers often put weights alone into a folder: what describes them, the tokenizer and the
    tower beside them are borrowed where they are in the cache. What a folder has itself counts.
    """
    if not place.exists():
        options = " Options stand before it: NAME:OPTION=VALUE=FOLDER." if ":" in place.name else ""
        raise MissingWeights(
            f"There is no {place}. Name the folder or the file that holds {name}.{options}"
        )
    entry = find(name)
    folder = place.absolute() if place.is_dir() else place.absolute().parent
    borrowed = _borrowed(entry, folder)
    lent = [other for other in entry.needs if not (folder.parent / other).exists()]
    lent = [other for other in lent if is_here(find(other))]
    if not borrowed and not lent:
        return place
    for other in lent:
        assembled(find(other))
    mark = hashlib.sha256(str(place.absolute()).encode()).hexdigest()[:12]
    made = cache_folder() / "rewards" / f"{name}-{mark}"  # beside the folders of what is lent
    wanted = {**_own(place, folder), **borrowed}
    for old in made.rglob("*"):
        if old.is_symlink() and old.relative_to(made) not in wanted:
            old.unlink()
    for inside, target in wanted.items():
        link(made / inside, target)
    return made


def _own(place: Path, folder: Path) -> dict[Path, Path]:
    """List what there is by its place: all of a folder, or a file and the small ones beside it."""
    files = [*folder.iterdir(), *folder.glob("tokenizer/*")]
    return {
        file.relative_to(folder): file
        for file in files
        if file.is_file() and (place.is_dir() or file == place.absolute() or file.suffix in SMALL)
    }


def _borrowed(entry: Entry, folder: Path) -> dict[Path, Path]:
    """List what the folder lacks and the cache has, by its place in a reward's folder."""
    borrowed = {}
    for source in entry.sources:
        for group in source.settings:
            inside = {Path(source.into) / Path(file).name: cached(source, file) for file in group}
            if not any(_has(folder, each, found) for each, found in inside.items()):
                borrowed.update({each: found for each, found in inside.items() if found})
    return borrowed


def _has(folder: Path, inside: Path, lent: Path | None) -> bool:
    """Tell whether a folder has a file of its own that does what the one lent would."""
    own = next((each for each in (folder / inside, folder / inside.name) if each.is_file()), None)
    if own is None or lent is None or own.name != "config.json":
        return own is not None
    # HPSv3++ is published beside a config.json that says nothing of its backbone.
    kinds = {described(each.parent, each.name).get("model_type") for each in (own, lent)}
    return len(kinds) == 1
