"""The prompt of an image that says itself what it should show: in a text beside it, or inside."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from cohp.errors import BadImage, BadInput
from cohp.measure.items import Item
from cohp.record.metadata import prompt_in

if TYPE_CHECKING:
    from cohp.reward.base import Picture

LONGEST_FILE = 1 << 16


def prompt_of(item: Item, content: bytes | Picture) -> str:
    """Return the prompt of an item that carries its own, or say what is wrong with it."""
    if isinstance(item.prompt, Path):
        return read_text(item.prompt)
    if isinstance(item.image, Path) and (beside := item.image.with_suffix(".txt")).is_file():
        return read_text(beside)
    try:
        prompt = prompt_in(_chunks(content))
    except BadImage as error:
        raise BadImage(f"{item.name}: {error}") from error
    if prompt is None:
        raise BadInput(
            f"{item.name} has no prompt: there is no .txt beside it and none inside it. "
            "Give one with --prompt, or a file of them with --prompts."
        )
    return prompt


def read_text(path: Path) -> str:
    """Return the prompt in a text file."""
    try:
        if path.stat().st_size > LONGEST_FILE:
            raise BadInput(f"{path} is too long to be a prompt.")
        return path.read_text("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read as a prompt: {error.strerror}.") from error


def _chunks(content: bytes | Picture) -> dict[Any, Any]:
    if isinstance(content, bytes):
        try:
            # Pillow reads what stands before the picture and decodes nothing yet.
            with Image.open(BytesIO(content), formats=["PNG"]) as image:
                return dict(image.info)
        except (OSError, ValueError, SyntaxError):  # another format, or damaged: said later
            return {}
    return dict(content.info) if isinstance(content, Image.Image) else {}
