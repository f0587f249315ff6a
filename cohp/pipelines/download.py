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
from typing import TYPE_CHECKING

from cohp.catalogue import Model, catalogue
from cohp.errors import BadInput, CohpError, Missing, MissingWeights
from cohp.pipelines import parts
from cohp.pipelines.folder import PICKLED, UNUSED, by_variant
from cohp.whereabouts import INDEX, config_of, file_of, hub_file, place_of

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

Say = Callable[[str], object]
# Beside the weights a part has settings and a vocabulary.
SMALL = {".json", ".jinja", ".model", ".txt"}


@dataclass(frozen=True)
class Fetch:
    """Some files of one repository of the hub, and what they weigh."""

    repo: str
    revision: str | None
    files: tuple[str, ...]
    bytes: int
    licence: str


def download(model: Model, say: Say) -> None:
    """Fetch what is missing of `model`, after saying how much it is and under which licence."""
    if model.origin in ("built in", "hosted", "folder"):
        raise BadInput(f"{model.name} has nothing to download.")
    with _plainly(model):
        # All of it is looked up first: a gate or a full disk is said before hours of fetching.
        fetches = list(_needed(model))
        for fetch in fetches:
            say(f"{fetch.repo}: {_size(fetch.bytes)}, licence: {fetch.licence}")
        _check_room(model, fetches)
        for fetch in fetches:
            for number, file in enumerate(fetch.files, 1):
                say(f"  {number}/{len(fetch.files)} {file}")
                _get(fetch.repo, file, fetch.revision)
    say(f"{model.name} is here.")


def _needed(model: Model) -> Iterator[Fetch]:
    if model.origin == "hub" and model.source:
        yield _pipeline(model.source, model.revision, model.variant, model.licence)
    if model.origin == "file" and model.config and config_of(model) is None:
        entry = catalogue().get(model.config)
        repo = entry.source if entry and entry.source else model.config
        yield _pipeline(repo, entry.revision if entry else None, None, None, weights=False)
    for lora in model.loras:
        if not file_of(lora):
            repo, file = hub_file(lora)
            yield _some(repo, lora.revision, file.__eq__)
    for source in dict.fromkeys(source for _, source in parts.sources(model).values()):
        if not parts.place(source):
            yield _some(source, None, _of_a_part)


def _of_a_part(name: str) -> bool:
    path = PurePosixPath(name)
    return len(path.parts) == 1 and (path.suffix in SMALL or path.suffix == ".safetensors")


def _pipeline(
    repo: str,
    revision: str | None,
    variant: str | None,
    licence: str | None,
    *,
    weights: bool = True,
) -> Fetch:
    """Choose the files of a pipeline: its parts' settings, and one variant of their weights."""
    info = _info(repo, revision)
    names = [each.rfilename for each in (info.siblings or ())]
    if INDEX not in names:
        raise BadInput(f"{repo} is no diffusers pipeline: it has no {INDEX}.")
    index = json.loads(Path(_get(repo, INDEX, revision)).read_text("utf-8"))
    wanted = {name for name, value in index.items() if isinstance(value, list) and value[0]}
    inside: dict[str, list[str]] = defaultdict(list)
    for name in names:
        part, slash, file = name.partition("/")
        if slash and part in wanted - UNUSED and "/" not in file:
            inside[part].append(file)
    chosen = [INDEX]
    for part, files in inside.items():
        chosen += [f"{part}/{file}" for file in files if PurePosixPath(file).suffix in SMALL]
        if weights:
            chosen += [f"{part}/{file}" for file in _weights(repo, part, files, variant)]
    return _fetch(repo, revision, info, chosen, licence)


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
    info = _info(repo, revision)
    chosen = [each.rfilename for each in (info.siblings or ()) if wanted(each.rfilename)]
    if not chosen:
        names = [each.rfilename for each in (info.siblings or ())]
        weights = [f"{repo}/{name}" for name in names if name.endswith(".safetensors")][:5]
        hint = f"Name one of {', '.join(weights)}." if weights else "It has no safetensors at all."
        raise BadInput(f"{repo} does not have the file that is wanted. {hint}")
    return _fetch(repo, revision, info, chosen, None)


def _fetch(
    repo: str, revision: str | None, info: ModelInfo, chosen: Sequence[str], licence: str | None
) -> Fetch:
    sizes = {each.rfilename: each.size or 0 for each in (info.siblings or ())}
    told = licence or getattr(info.card_data, "license", None) or "not stated by its owner"
    total = sum(sizes[name] for name in chosen)
    return Fetch(repo, revision, tuple(sorted(chosen)), total, str(told))


def _info(repo: str, revision: str | None) -> ModelInfo:
    from huggingface_hub import HfApi, constants  # noqa: PLC0415 - only to fetch

    if constants.is_offline_mode():
        raise Missing(f"{repo} cannot be fetched while HF_HUB_OFFLINE is set. Unset it first.")
    with _consent(repo, revision):
        hub = HfApi()
        info = hub.model_info(repo, revision=revision, files_metadata=True, timeout=30)
        # A gated repository is described to everyone; its files are not for everyone.
        if info.gated:
            hub.auth_check(repo)
        return info


def _get(repo: str, file: str, revision: str | None) -> str:
    from huggingface_hub import constants, hf_hub_download  # noqa: PLC0415

    with _consent(repo, revision):
        return hf_hub_download(repo, file, revision=revision, cache_dir=constants.HF_HUB_CACHE)


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
def _consent(repo: str, revision: str | None) -> Iterator[None]:
    """Say what to do where the hub will not show a repository."""
    from huggingface_hub import errors  # noqa: PLC0415

    try:
        yield
    except errors.GatedRepoError as error:
        raise MissingWeights(
            f"The owner of {repo} asks for consent. Agree at https://huggingface.co/{repo}, "
            "run `hf auth login` once, then the same line again."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise BadInput(f"{repo} has no revision {revision}.") from error
    except errors.RepositoryNotFoundError as error:
        raise MissingWeights(
            f"The hub has no {repo}, or it is private. Look at the spelling; "
            "for a private one run `hf auth login` first."
        ) from error


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
