"""What a model would take of memory, from the headers of its weights or, without, its entry.

What an image takes while it is drawn was counted on full-size networks without weights, tensor by
tensor: 79 values a pixel and row for SDXL, 127 for SD 3.5 large; decoding 5 to 6 for each channel
of the autoencoder's widest layer. On a processor, which lays out anew what it convolves, 10 to 12
were measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

from cohp.catalogue import Model
from cohp.errors import CohpError
from cohp.options import DiffusersOptions, read
from cohp.pipelines.folder import WEIGHTS, by_variant, variant_of
from cohp.pipelines.folder import read as read_folder
from cohp.pipelines.lanes import lanes_for
from cohp.pipelines.parts import parts_of
from cohp.pipelines.precision import WIDTHS, suitable
from cohp.placement.need import Need, resting
from cohp.whereabouts import config_of, header, place_of

# Of a float16 or bfloat16 denoiser's bytes, by the option that has it rest in fewer bits.
SHARES = {"fp8=true": 0.55, "quantize=int8": 0.55}
# The published weights of an entry without numbers: the encoders' and the autoencoder's part.
VALUES_A_PIXEL = 16
VALUES_A_WIDTH = 0.002
VALUES_A_CHANNEL = 6
VALUES_A_CHANNEL_ON_PROCESSOR = 12
CHANNELS = 128
# These do not come layer by layer (diffusers says so), and T5 keeps a third in float32.
RIGID = {"HunyuanDiT2DModel"}
WIDE = ".wo."
DENOISERS = {"unet", "transformer"}
IGNORED = {"safety_checker", "image_encoder", "feature_extractor"}


@dataclass(frozen=True)
class Weights:
    """The values of one part, the largest tensor of it, and those that stay float32."""

    values: int = 0
    largest: int = 0
    wide: int = 0

    def bytes(self, each: int, wide: int) -> int:
        """Return what they take in a type of `each` bytes."""
        return (self.values - self.wide) * each + self.wide * wide


def need_of(model: Model, *, processor: bool, width: int = 0, height: int = 0) -> Need:
    """Return what a model takes on a processor, or on a GPU, for images of a size."""
    if model.generator != "diffusers":
        return Need(model.name, 0, parts_leave=False, layers_leave=False)
    options = read(DiffusersOptions, model)
    dtype = options.dtype or suitable("cpu" if processor else "cuda", model.dtype)
    parts, known = _parts(model)
    pixels = (width or model.width) * (height or model.height)
    need = _sized(model, parts, dtype, pixels, processor=processor)
    need = replace(need, rough=not known, parts_leave=model.family is not None)
    asked = next(
        (share for name, share in SHARES.items() if _asked(options, name)),
        0.3 if options.quantize == "int4" else 1.0,
    )
    if asked != 1.0:
        return resting(need, asked, model.name)
    return replace(need, leaner=(_leaner(model, need, parts, pixels, dtype, processor=processor),))


def _leaner(  # noqa: PLR0913 - all that a size depends on
    model: Model,
    need: Need,
    parts: Mapping[str, Weights],
    pixels: int,
    dtype: str,
    *,
    processor: bool,
) -> Need:
    """Return the same in fewer bits: a processor computes in half as many, a GPU rests in fewer."""
    if processor and dtype == "float32":
        asked = f"{model.name}:dtype=bfloat16"
        return replace(_sized(model, parts, "bfloat16", pixels, processor=True), name=asked)
    return resting(need, SHARES["fp8=true"], f"{model.name}:fp8=true")


def _asked(options: DiffusersOptions, name: str) -> bool:
    option, _, value = name.partition("=")
    return options.fp8 if option == "fp8" else options.quantize in (value, "float8")


def _sized(
    model: Model, parts: Mapping[str, Weights], dtype: str, pixels: int, *, processor: bool
) -> Need:
    """Return what parts take together in a type."""
    each = WIDTHS[dtype]
    wide = 4 if dtype == "float16" else each
    encoders = [part for name, part in parts.items() if name not in {*DENOISERS, "vae"}]
    denoiser = next((parts[name] for name in DENOISERS if name in parts), Weights())
    vae, config = parts.get("vae", Weights()), _config(model, "vae")
    # Half precision overflows in these: they are decoded in float32.
    upcast = dtype == "float16" and config.get("force_upcast", True)
    decoded = 4 if upcast else each
    rows = 1 if model.guidance is not None and model.guidance <= 1 else 2
    values = max(VALUES_A_PIXEL, VALUES_A_WIDTH * denoiser.values**0.5)
    layered = VALUES_A_CHANNEL_ON_PROCESSOR if processor else VALUES_A_CHANNEL
    channels = (config.get("block_out_channels") or [CHANNELS])[0]
    weights = denoiser.bytes(each, each)
    return Need(
        model.name,
        denoiser=weights,
        encoders=sum(part.bytes(each, wide) for part in encoders),
        vae=vae.bytes(decoded, decoded),
        largest=max((part.largest for part in [denoiser, *encoders]), default=0) * each,
        drawing=int(rows * values * pixels * each),
        decoding=int(layered * channels * pixels * decoded),
        decoders=lanes_for(weights) if processor else 1,
        layers_leave=_config(model, "transformer").get("_class_name") not in RIGID
        and model.family != "hunyuandit",
    )


def _parts(model: Model) -> tuple[Mapping[str, Weights], bool]:
    """Return the weights of each part, and whether they were seen and not only heard of."""
    place = place_of(model)
    try:
        if place is not None:
            return dict(_seen(model, place)), True
    except CohpError:
        pass  # what is there in part, or damaged, is sized as if it were not there
    return _heard(model), False


def _seen(model: Model, place: Path) -> Iterator[tuple[str, Weights]]:
    if place.is_file():
        yield from _inside(place)
        config = config_of(model)
        if config is None:
            return
        place = config
    folder = read_folder(place, model.parts)
    variant = variant_of(folder, model.variant)
    for part in folder.weighted():
        kept = by_variant(file.name for file in part.iterdir())
        names = kept.get(variant) or kept.get(None) or []
        yield part.name, _counted(header(part / name) for name in names)
    for name, borrowed in parts_of(model).items():
        if borrowed.place:
            files = [each for each in borrowed.place.iterdir() if WEIGHTS.fullmatch(each.name)]
            yield name, _counted(header(file) for file in files)


def _inside(file: Path) -> Iterator[tuple[str, Weights]]:
    """Tell the parts in a single file apart by what their tensors are called."""
    entries = dict(header(file))
    starts = {"vae": ("first_stage_model.", "vae."), "text_encoder": ("cond", "text_encoders.")}
    for part, prefixes in starts.items():
        own = {name: entries.pop(name) for name in [*entries] if name.startswith(prefixes)}
        if own:
            yield part, _counted([own])
    yield "transformer", _counted([entries])


def _counted(headers: Iterator[Mapping[str, Any]] | list[dict[str, Any]]) -> Weights:
    sizes = {
        name: prod(entry["shape"])
        for held in headers
        for name, entry in held.items()
        if name != "__metadata__"
    }
    wide = sum(size for name, size in sizes.items() if WIDE in name)
    return Weights(sum(sizes.values()), max(sizes.values(), default=0), wide)


def _heard(model: Model) -> Mapping[str, Weights]:
    """Return what an entry says of its parts; one that says nothing is one part."""
    if not model.billions:
        each = WIDTHS[model.dtype or "bfloat16"]
        return {"transformer": _rough((model.bytes or 0) / each)}
    return {
        {"denoiser": "transformer", "encoders": "text_encoder"}.get(name, name): _rough(
            billions * 10**9
        )
        for name, billions in model.billions.items()
    }


def _rough(values: float) -> Weights:
    # A hundredth is more than the largest tensor of any model whose parts are known.
    return Weights(int(values), int(values) // 50)


def _config(model: Model, part: str) -> Mapping[str, Any]:
    place = place_of(model)
    folder = config_of(model) if place and place.is_file() else place
    try:
        return dict(json.loads(((folder or Path()) / part / "config.json").read_text("utf-8")))
    except (OSError, ValueError):
        return {}
