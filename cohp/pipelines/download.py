"""Fetches what a model needs from the hub, once a person has asked for it by name.

How much there is and under which licence is said before anything large is fetched.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cohp.catalogue import Model, catalogue
from cohp.errors import BadInput, CohpError, MissingWeights
from cohp.pins import pin
from cohp.pipelines.folder import PICKLED, UNUSED, by_variant
from cohp.pipelines.hub import Repository, look
from cohp.pipelines.parts import parts_of
from cohp.whereabouts import INDEX, config_of, file_of, hub_file, place_of

Say = Callable[[str], object]
# Beside the weights a part has settings and a vocabulary.
SMALL = {".json", ".jinja", ".model", ".txt"}


@dataclass(frozen=True)
class Fetch:
    """Some files of one repository, and the licence they come under."""

    repository: Repository
    files: Sequence[str]
    licence: str

    @property
    def bytes(self) -> int:
        """What they weigh."""
        return sum(self.repository.files[name] for name in self.files)


def download(model: Model, say: Say) -> None:
    """Fetch what is missing of `model`, after saying how much it is and under which licence."""
    if model.origin in ("built in", "hosted", "folder"):
        raise BadInput(f"{model.name} has nothing to download.")
    with _plainly(model):
        # All of it is looked up first: a gate or a full disk is said before hours of fetching.
        fetches = list(_needed(model))
        for fetch in fetches:
            name = fetch.repository.name
            say(f"{name}: {_size(fetch.bytes)}, licence: {fetch.licence}")
        _check_room(model, fetches)
        for fetch in fetches:
            _hold(fetch.repository, say)
            for number, file in enumerate(fetch.files, 1):
                say(f"  {number}/{len(fetch.files)} {file}")
                fetch.repository.fetch(file)
    say(f"{model.name} is here.")


def _hold(repository: Repository, say: Say) -> None:
    if repository.newest and pin(repository.name, repository.revision) == repository.revision:
        say(f"The hub's newest is {repository.revision}: this machine holds to it from now on.")


def _needed(model: Model) -> Iterator[Fetch]:
    if model.origin == "hub" and model.source:
        repository = look(model.source, model.revision)
        chosen = _of_pipeline(repository, model.variant)
        yield Fetch(repository, chosen, model.licence or repository.licence)
    if model.origin == "file" and model.config and config_of(model) is None:
        entry = catalogue().get(model.config)
        repo = entry.source if entry and entry.source else model.config
        repository = look(repo, entry.revision if entry else None)
        yield Fetch(repository, _of_pipeline(repository, weights=False), repository.licence)
    for lora in model.loras:
        if not file_of(lora):
            repo, file = hub_file(lora)
            yield _some(repo, lora.revision, file.__eq__)
    borrowed = {part.source: part for part in parts_of(model).values()}
    for part in borrowed.values():
        if not part.place:
            yield _some(part.source, part.revision, _of_a_part)


def _of_a_part(name: str) -> bool:
    path = PurePosixPath(name)
    return len(path.parts) == 1 and (path.suffix in SMALL or path.suffix == ".safetensors")


def _of_pipeline(
    repository: Repository, variant: str | None = None, *, weights: bool = True
) -> list[str]:
    """Choose the files of a pipeline: its parts' settings, and one variant of their weights."""
    if INDEX not in repository.files:
        raise BadInput(f"{repository.name} is no diffusers pipeline: it has no {INDEX}.")
    index = json.loads(repository.fetch(INDEX).read_text("utf-8"))
    wanted = {name for name, value in index.items() if isinstance(value, list) and value[0]}
    inside: dict[str, list[str]] = defaultdict(list)
    for name in repository.files:
        part, slash, file = name.partition("/")
        if slash and part in wanted - UNUSED and "/" not in file:
            inside[part].append(file)
    chosen = [INDEX]
    for part, files in inside.items():
        chosen += [f"{part}/{file}" for file in files if PurePosixPath(file).suffix in SMALL]
        if weights:
            chosen += [f"{part}/{file}" for file in _weights(repository.name, part, files, variant)]
    return sorted(chosen)


def _weights(repo: str, part: str, files: Sequence[str], variant: str | None) -> list[str]:
    variants = by_variant(files)
    for each in (variant, None, *sorted(name for name in variants if name)):
        if each in variants:
            return variants[each]
    if any(file.endswith(PICKLED) for file in files):
        raise BadInput(
            f"{repo} keeps its {part} as a pickle, which can run code when it is opened. Ask its "
            "owner for safetensors, or convert a copy you trust and name its folder: "
            'python -c "from diffusers import DiffusionPipeline; DiffusionPipeline.from_pretrained('
            f"'{repo}', use_safetensors=False).save_pretrained('safe')\""
        )
    return []


def _some(repo: str, revision: str | None, wanted: Callable[[str], bool]) -> Fetch:
    repository = look(repo, revision)
    chosen = sorted(filter(wanted, repository.files))
    if not chosen:
        safe = [f"{repo}/{name}" for name in repository.files if name.endswith(".safetensors")][:5]
        hint = f"Name one of {', '.join(safe)}." if safe else "It has no safetensors at all."
        raise BadInput(f"{repo} does not have the file that is wanted. {hint}")
    return Fetch(repository, chosen, repository.licence)


def _check_room(model: Model, fetches: Sequence[Fetch]) -> None:
    from huggingface_hub import constants  # noqa: PLC0415

    folder = Path(constants.HF_HUB_CACHE)
    there = next(each for each in (folder, *folder.parents) if each.exists())
    here = place_of(model)
    kept = sum(each.stat().st_size for each in here.rglob("*")) if here and here.is_dir() else 0
    free = shutil.disk_usage(there).free
    wanted = sum(fetch.bytes for fetch in fetches)
    if wanted - kept > free:
        raise MissingWeights(
            f"{model.name} takes {_size(wanted)} and {there} has {_size(free)} left. "
            "Make room, or set HF_HOME to a folder on another disk."
        )


@contextmanager
def _plainly(model: Model) -> Iterator[None]:
    """Turn what else can go wrong on the way into one sentence that says what to do."""
    try:
        yield
    except CohpError:
        raise
    # The hub's library speaks through one of two HTTP clients, each with errors of its own.
    except Exception as error:
        again = f"run `cohp models --get '{model.name}'` again; what has come is kept."
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise MissingWeights(
                f"The disk filled up while {model.name} came in. Make room and {again}"
            ) from error
        told = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise MissingWeights(
            f"{model.name} could not be fetched: {told}. Look to the network and {again}"
        ) from error


def _size(count: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count / 1000:.0f} kB"
