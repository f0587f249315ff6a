"""Models that draw on someone else's machine, through the images API that many services share.

A hosted image has no latents and cannot be repeated: services take no seed, or promise nothing
for it. It is refined by a local model, which encodes it once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from time import perf_counter, sleep
from typing import Any

from PIL import Image, UnidentifiedImageError

from cohp.catalogue import Model
from cohp.errors import BadInput
from cohp.options import HostedOptions, read
from cohp.pipelines.service import Address, NotDrawn, Service
from cohp.types import Drawn, Shot, Unscored

PATH = "/images/generations"
FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 64_000_000
# A service that rounds a size keeps its shape to within this.
SAME_SHAPE = 0.02
BAD_REQUEST = 400


class HostedGenerator:
    """Draws each shot with one POST /v1/images/generations, a few of them at a time."""

    def __init__(self, model: Model, *, sleep: Callable[[float], object] = sleep) -> None:
        """Look at the entry and at the key; nothing is sent yet."""
        options = read(HostedOptions, model)
        if not model.source:
            raise BadInput(f"{model.name}: its entry has no source, the address of the service.")
        self._seeded = options.seed
        self._remote = options.model or model.name
        self._source = model.source
        self._price = model.price
        self._parallel = options.parallel
        self._body: dict[str, Any] = {"response_format": "b64_json", **options.body}
        address = Address(
            model.name,
            model.source,
            model.key,
            key_optional=options.key_optional,
            timeout=options.timeout,
        )
        self._service = Service(address, sleep)

    @property
    def revision(self) -> str:
        """Name the service and the model; which weights it runs is not ours to know."""
        asked = hashlib.sha256(repr(sorted(self._body.items())).encode()).hexdigest()[:8]
        return f"{self._source} {self._remote} {asked}"

    def draw(
        self,
        shots: Sequence[Shot],
        parents: Mapping[str, Drawn],  # noqa: ARG002 - there is no drawing from an image here
    ) -> Iterator[Drawn | Unscored]:
        """Draw each shot, or say why the service did not; one that failed costs no other."""
        with ThreadPoolExecutor(self._parallel) as pool:
            try:
                yield from pool.map(self._drawn_or_reason, shots)
            finally:  # a refused key, or someone who stops, spares the rest
                pool.shutdown(cancel_futures=True)

    def close(self) -> None:
        """Nothing is held."""

    def _drawn_or_reason(self, shot: Shot) -> Drawn | Unscored:
        if shot.parent is not None:
            return Unscored(shot, "a hosted model cannot start from an image")
        try:
            return self._draw(shot)
        except NotDrawn as reason:
            return Unscored(shot, str(reason))

    def _draw(self, shot: Shot) -> Drawn:
        began = perf_counter()
        answer = self._ask(shot)
        image, facts = _fitted(_decode(_first(answer)), shot)
        revised = answer["data"][0].get("revised_prompt")
        if isinstance(revised, str) and revised != shot.prompt:
            facts["revised_prompt"] = revised[:4000]
        if self._price is not None:
            facts["price"] = self._price
        return Drawn(shot, image, seconds=perf_counter() - began, facts=facts)

    def _ask(self, shot: Shot) -> dict[str, Any]:
        body = {
            "model": self._remote,
            "prompt": shot.prompt,
            "n": 1,
            "size": f"{shot.width}x{shot.height}",
            **self._body,
        }
        if self._seeded:
            body["seed"] = shot.seed
        try:
            return self._checked(self._service.post(PATH, body))
        except NotDrawn as error:
            # Some models always answer in base64, and refuse to be told so.
            told = error.status == BAD_REQUEST and "response_format" in str(error)
            if not told or "response_format" not in body:
                raise
        self._body.pop("response_format", None)
        return self._ask(shot)

    def _checked(self, answer: object) -> dict[str, Any]:
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, list) or not data or not isinstance(data[0], dict):
            raise NotDrawn("the service answered without an image")
        return {"data": data}


def _first(answer: Mapping[str, Any]) -> bytes:
    text = answer["data"][0].get("b64_json")
    if not isinstance(text, str):
        raise NotDrawn(
            "the service sent no b64_json: set body = { response_format = 'b64_json' } "
            "in its entry; links are not followed"
        )
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotDrawn("the service sent an image that is not base64") from error


def _decode(data: bytes) -> Image.Image:
    """Decode an image that came from outside: few formats, and not too many pixels."""
    try:
        with warnings.catch_warnings():
            # Pillow only warns between its limit and twice that.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise NotDrawn(f"the service sent an image of {image.width}x{image.height}")
                return image.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotDrawn("the service sent an image too large to open") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NotDrawn("the service sent no PNG, JPEG or WebP image") from error


def _fitted(image: Image.Image, shot: Shot) -> tuple[Image.Image, dict[str, Any]]:
    """Bring an image to the shot's size where its shape is right; a parent must have that size."""
    if image.size == (shot.width, shot.height):
        return image, {}
    sent, asked = image.width / image.height, shot.width / shot.height
    if abs(sent / asked - 1) > SAME_SHAPE:
        raise NotDrawn(
            f"the service drew {image.width}x{image.height} where {shot.width}x{shot.height} was "
            "asked for: give the model a width and height that the service offers"
        )
    scaled = image.resize((shot.width, shot.height), Image.Resampling.LANCZOS)
    return scaled, {"sent_size": f"{image.width}x{image.height}"}
