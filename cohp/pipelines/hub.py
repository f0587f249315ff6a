"""Asks the hub what a repository holds and fetches its files; what it will not give is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cohp.errors import BadInput, Missing, MissingWeights
from cohp.pins import pinned


@dataclass(frozen=True)
class Repository:
    """What a repository holds at one revision."""

    name: str
    revision: str
    # The size of each file.
    files: Mapping[str, int]
    licence: str
    # No revision was asked for and none is held: this is the newest.
    newest: bool

    def fetch(self, file: str) -> Path:
        """Fetch a file, unless it is here."""
        from huggingface_hub import constants, hf_hub_download  # noqa: PLC0415 - only to fetch

        with _consent(self.name, self.revision):
            folder = constants.HF_HUB_CACHE
            return Path(hf_hub_download(self.name, file, revision=self.revision, cache_dir=folder))


def look(name: str, revision: str | None) -> Repository:
    """Ask what a repository holds at a revision, else where this machine holds it, else newest."""
    from huggingface_hub import HfApi, constants  # noqa: PLC0415 - likewise

    if constants.is_offline_mode():
        raise Missing(f"{name} cannot be fetched while HF_HUB_OFFLINE is set. Unset it first.")
    wanted = revision or pinned(name)
    with _consent(name, wanted):
        hub = HfApi()
        info = hub.model_info(name, revision=wanted, files_metadata=True, timeout=30)
        # A gated repository is described to everyone; its files are not for everyone.
        if info.gated:
            hub.auth_check(name)
    licence = getattr(info.card_data, "license", None) or "not stated by its owner"
    files = {each.rfilename: each.size or 0 for each in (info.siblings or ())}
    return Repository(name, wanted or str(info.sha), files, str(licence), newest=wanted is None)


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
