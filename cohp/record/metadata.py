"""What a PNG says about itself: the infotext other tools read, and a `cohp` chunk to replay it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cohp.errors import BadImage
from cohp.record.entry import SHOT_FIELDS
from cohp.types import Score, Shot

CHUNK = "cohp"
INFOTEXT = "parameters"
SCHEMA = 1


def encode(image: Image.Image, chunks: Mapping[str, str]) -> bytes:
    """Return the PNG of an image with its text chunks."""
    info = PngInfo()
    for name, text in chunks.items():
        if name == CHUNK:
            info.add_itxt(name, text)
        else:
            info.add_text(name, text)
    buffer = BytesIO()
    # Looking for equal neighbours alone takes a third of the default's time.
    image.save(buffer, "PNG", pnginfo=info, compress_type=Image.RLE)
    return buffer.getvalue()


def chunks_of(
    recipe: Mapping[str, Any],
    lineage: Sequence[Shot],
    score: Score | None,
    versions: Mapping[str, str],
) -> dict[str, str]:
    """Return the text chunks of the last shot of `lineage`."""
    data = {
        "schema": SCHEMA,
        "recipe": recipe,
        "lineage": [asdict(shot) for shot in lineage],
        "score": asdict(score) if score else None,
        "versions": dict(versions),
    }
    return {
        INFOTEXT: infotext(lineage[-1], score, f"CoHP {versions.get('cohp', '')}".strip()),
        CHUNK: json.dumps(data, ensure_ascii=False),
    }


def infotext(shot: Shot, score: Score | None, version: str) -> str:
    """Describe a shot in the form that image tools have settled on."""
    settings = {
        "Steps": shot.steps,
        "CFG scale": shot.guidance,
        "Seed": shot.seed,
        "Size": f"{shot.width}x{shot.height}",
        "Model": shot.model,
        "Denoising strength": shot.strength,
        "Score": f"{score.mean:.4f}" if score else None,
        "Version": version,
    }
    listed = ", ".join(f"{name}: {value}" for name, value in settings.items() if value is not None)
    negative = f"\nNegative prompt: {shot.negative}" if shot.negative else ""
    return f"{shot.prompt}{negative}\n{listed}"


def prompt_in(chunks: Mapping[str, Any]) -> str | None:
    """Return the prompt among the text chunks of a PNG, ours first, or None where there is none."""
    if (text := chunks.get(CHUNK)) is not None:
        try:
            return str(json.loads(text)["lineage"][-1]["prompt"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise BadImage("The recipe inside it is damaged.") from error
    if not (text := chunks.get(INFOTEXT)):
        return None
    # The settings are the last line, and before it may be what was not wanted.
    return re.split(r"\n(?:Negative prompt: |Steps: )", f"\n{text}", maxsplit=1)[0].strip()


def read(path: Path) -> dict[str, str]:
    """Return the text chunks of the PNG at `path`."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return dict(image.text)  # type: ignore[attr-defined] # a PNG has it
    except FileNotFoundError as error:
        raise BadImage(f"There is no file {path}.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise BadImage(f"{path} cannot be read as a PNG.") from error


def lineage_in(path: Path) -> tuple[Shot, ...]:
    """Return the shots that led to the image at `path`, from its `cohp` chunk."""
    text = read(path).get(CHUNK)
    if text is None:
        raise BadImage(
            f"{path} has no recipe inside. Only images saved by CoHP without --no-metadata do."
        )
    try:
        shots = json.loads(text)["lineage"]
        return tuple(Shot(**{name: shot[name] for name in SHOT_FIELDS}) for shot in shots)
    except (ValueError, KeyError, TypeError) as error:
        raise BadImage(f"The recipe inside {path} is damaged.") from error
