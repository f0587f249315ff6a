"""Parts of a pipeline that are kept in another repository, such as HiDream's Llama."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohp.catalogue import Model
from cohp.errors import BadInput, MissingWeights
from cohp.whereabouts import cached

if TYPE_CHECKING:
    import torch

CONFIGS = ("config.json", "tokenizer_config.json")


def sources(model: Model) -> dict[str, tuple[str, str]]:
    """Return the class and the source of each part that is kept elsewhere."""
    named = {}
    for part, text in model.parts.items():
        kind, given, source = text.partition("@")
        if not (kind and given and source):
            raise BadInput(f"{model.name}: its part {part} is written as Class@source, not {text}.")
        named[part] = (kind, source)
    return named


def place(source: str) -> Path | None:
    """Return the folder a part is in, or None where it is not here."""
    if Path(source).is_absolute():
        return Path(source) if Path(source).is_dir() else None
    found = next((file for file in (cached(source, name) for name in CONFIGS) if file), None)
    return found.parent if found else None


def check(model: Model) -> None:
    """Raise where a part that is kept elsewhere is not here, or cannot be loaded."""
    for part in sources(model).values():
        _found(model, *part)


def load_parts(model: Model, dtype: torch.dtype) -> dict[str, Any]:
    """Load the parts of a model that are kept elsewhere."""
    return {part: _load(*_found(model, *named), dtype) for part, named in sources(model).items()}


def _found(model: Model, kind: str, source: str) -> tuple[Any, Path]:
    """Return the class and the folder of a part."""
    folder = place(source)
    if folder is None:
        raise MissingWeights(
            f"{model.name} needs {source}, which is not on this machine. Agree to its terms at "
            f"https://huggingface.co/{source}, run `hf auth login` once, then: "
            f"cohp models --get '{model.name}'"
        )
    import transformers  # noqa: PLC0415 - seconds to import

    found = getattr(transformers, kind, None)
    if found is None:
        raise BadInput(f"{model.name}: transformers has no class {kind}.")
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
