"""Why an image cannot be scored: said before a reward gives it a number that means nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cohp.errors import BadImage
from cohp.reward.images import as_rgb

if TYPE_CHECKING:
    from cohp.reward.base import Picture

WIDEST = 200


def refusal(image: Picture) -> str | None:
    """Return why an image cannot be scored, in one sentence, or None where it can."""
    try:
        picture = as_rgb(image)
    except BadImage as error:
        return str(error)
    width, height = picture.size
    if min(width, height) < 2:  # noqa: PLR2004 - a line of pixels is no picture
        return f"The image is {width}x{height} pixels: there is nothing to judge."
    if max(width, height) > WIDEST * min(width, height):
        return f"The image is {width}x{height}: no reward can judge a shape beyond {WIDEST}:1."
    levels = picture.getextrema()
    if all(isinstance(pair, tuple) and pair[0] == pair[1] for pair in levels):
        colour = tuple(pair[0] for pair in levels if isinstance(pair, tuple))
        return f"The image is all one colour, {colour}: whatever drew it has failed."
    return None
