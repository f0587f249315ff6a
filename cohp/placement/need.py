"""What a model takes of a device's memory, in bytes, before any of it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

# How the parts of a model that draws share its device, the fastest first: all of it there; the
# text encoders only while prompts are encoded; encoding, drawing and decoding by turns; by layers.
Stay = Literal["whole", "apart", "turns", "groups"]
FAST: tuple[Stay, ...] = ("whole", "apart", "turns")
# Layers at work, on their way, and still needed, where they come one after the other.
LAYERS_AT_ONCE = 3


@dataclass(frozen=True)
class Need:
    """A model that draws: its parts, and what one image takes while it is drawn and decoded."""

    name: str
    denoiser: int
    encoders: int = 0
    vae: int = 0
    # The largest single tensor, which layer by layer must fit.
    largest: int = 0
    drawing: int = 0
    decoding: int = 0
    # How many pictures are decoded at once, where there are as many.
    decoders: int = 1
    # Whether its encoders can leave, and its layers come one by one.
    parts_leave: bool = True
    layers_leave: bool = True
    # Known from a catalogue, not from the weights themselves.
    rough: bool = False
    # Names that ask for the same model in fewer bits, and what it takes then.
    leaner: tuple[Need, ...] = field(default=(), compare=False)

    @property
    def whole(self) -> int:
        """The bytes of all its weights."""
        return self.encoders + self.denoiser + self.vae

    def stays(self) -> tuple[Stay, ...]:
        """Return the fast ways in which it can share a device with itself."""
        return FAST if self.parts_leave and self.encoders else FAST[:1]

    def held(self, stay: Stay) -> int:
        """Return what stays on the device between two batches."""
        match stay:
            case "whole":
                return self.whole
            case "apart":
                return self.denoiser + self.vae
            case _:
                return self.vae

    def active(self, images: int) -> int:
        """Return what a batch takes beside the weights."""
        return max(images * self.drawing, self._decoding(images))

    def working(self, stay: Stay, images: int, beside: int = 0) -> int:
        """Return the most it takes while it draws, `beside` it what scoring takes."""
        active = max(self.active(images), beside)
        match stay:
            case "whole":
                return self.whole + active
            case "apart":
                return max(self.whole, self.denoiser + self.vae + active)
            case "turns":
                drawing = self.denoiser + images * self.drawing
                return self.vae + max(self.encoders, drawing, self._decoding(images), beside)
            case "groups":
                return self.vae + LAYERS_AT_ONCE * self.largest + active

    def _decoding(self, images: int) -> int:
        return min(images, self.decoders) * self.decoding

    def on_host(self, stay: Stay) -> int:
        """Return what lies in main memory meanwhile."""
        match stay:
            case "whole":
                return 0
            case "apart":
                return self.encoders
            case _:
                return self.encoders + self.denoiser


@dataclass(frozen=True)
class JudgeNeed:
    """A reward: its weights, which never leave, and what scoring a batch takes."""

    name: str
    weights: int
    scoring: int = 0
    rough: bool = False
    leaner: tuple[JudgeNeed, ...] = field(default=(), compare=False)


def resting(need: Need, share: float, name: str) -> Need:
    """Return a need whose denoiser takes a share of its bytes, under another name."""
    denoiser, largest = int(need.denoiser * share), int(need.largest * share)
    return replace(need, name=name, denoiser=denoiser, largest=largest, leaner=())
