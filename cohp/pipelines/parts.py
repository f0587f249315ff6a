"""Parts of a pipeline that are kept in another repository, such as HiDream's Llama."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohp.catalogue import Model
from cohp.errors import BadInput, MissingWeights
from cohp.whereabouts import cached

if TYPE_CHECKING:
    import torch

CONFIGS = ("config.json", "tokenizer_config.json")


@dataclass(frozen=True)
class Part:
    """One part that is kept elsewhere: its class in transformers, and where it comes from."""

    kind: str
    source: str
    revision: str | None = None

    @property
    def place(self) -> Path | None:
        """The folder it is in, or None where it is not here."""
        if Path(self.source).is_absolute():
            return Path(self.source) if Path(self.source).is_dir() else None
        looked_up = (cached(self.source, name, self.revision) for name in CONFIGS)
        found = next(filter(None, looked_up), None)
        return found.parent if found else None


def parts_of(model: Model) -> dict[str, Part]:
    """Return each part that is kept elsewhere, written as `Class@source` or with `@revision`."""
    named = {}
    for part, text in model.parts.items():
        kind, _, source = text.partition("@")
        revision = None
        if not Path(source).is_absolute():
            source, _, revision = source.partition("@")
        if not (kind and source):
            raise BadInput(f"{model.name}: its part {part} is written as Class@source, not {text}.")
        named[part] = Part(kind, source, revision or None)
    return named


def check(model: Model) -> None:
    """Raise where a part that is kept elsewhere is not here, or cannot be loaded."""
    for part in parts_of(model).values():
        _found(model, part)


def load_parts(model: Model, dtype: torch.dtype) -> dict[str, Any]:
    """Load the parts of a model that are kept elsewhere."""
    return {name: _load(*_found(model, part), dtype) for name, part in parts_of(model).items()}


def _found(model: Model, part: Part) -> tuple[Any, Path]:
    """Return the class and the folder of a part."""
    folder = part.place
    if folder is None:
        raise MissingWeights(
            f"{model.name} needs {part.source}, which is not on this machine. Agree to its terms "
            f"at https://huggingface.co/{part.source}, run `hf auth login` once, then: "
            f"cohp models --get '{model.name}'"
        )
    import transformers  # noqa: PLC0415 - seconds to import

    found = getattr(transformers, part.kind, None)
    if found is None:
        raise BadInput(f"{model.name}: transformers has no class {part.kind}.")
    return found, folder


def _load(kind: Any, folder: Path, dtype: torch.dtype) -> Any:  # noqa: ANN401
    if "Tokenizer" in kind.__name__:
        return kind.from_pretrained(str(folder), local_files_only=True)
    return kind.from_pretrained(
        str(folder),
        dtype=dtype,
        use_safetensors=True,
        local_files_only=True,
        # HiDream reads the hidden states of every layer.
        output_hidden_states=True,
    )
