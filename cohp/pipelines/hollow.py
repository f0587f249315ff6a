"""Makes pipelines without weights: what one with weights would refuse is tried on them."""

from __future__ import annotations

from inspect import signature
from typing import Any

import diffusers
import torch
import transformers

from cohp.pipelines.folder import DENOISERS, PipelineFolder


def hollow_part(found: PipelineFolder, part: str) -> Any:  # noqa: ANN401 - a module of theirs
    """Make one part of a folder as its configuration says, without weights."""
    name = found.parts[part]
    kind = class_of(name)
    with torch.device("meta"):
        if hasattr(diffusers, name):
            return kind.from_config(kind.load_config(str(found.path / part)))
        return kind(kind.config_class.from_pretrained(str(found.path / part)))


def hollow_pipeline(found: PipelineFolder, kind: Any) -> Any:  # noqa: ANN401 - likewise
    """Make a pipeline of the parts that a LoRA changes, and none of the others."""
    absent: dict[str, Any] = dict.fromkeys(list(signature(kind.__init__).parameters)[1:])
    changed = [
        part for part, name in found.parts.items() if part in DENOISERS or "CLIPText" in name
    ]
    return kind(**{**absent, **{part: hollow_part(found, part) for part in changed}})


def class_of(name: str) -> Any:  # noqa: ANN401 - a class of theirs
    """Return the class that a folder names for one of its parts."""
    return getattr(diffusers, name, None) or getattr(transformers, name)
