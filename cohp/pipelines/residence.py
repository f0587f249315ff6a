"""Which parts of a pipeline are on its device at each moment, as the plan has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.hooks import apply_group_offloading

from cohp.pipelines.foreign import Module, Pipe
from cohp.pipelines.host_copy import HostCopy
from cohp.pipelines.memory import free
from cohp.pipelines.speed import denoiser_of
from cohp.placement.need import Stay


class Residence:
    """The parts of one pipeline, coming and going; the autoencoder stays, and is its address.

    A pipeline works where it finds a part that is not in main memory.
    """

    def __init__(self, pipe: Pipe, device: str, stay: Stay = "whole") -> None:
        self._pipe = pipe
        self._device = torch.device(device)
        self._stay = stay
        self._copies: dict[str, HostCopy] = {}
        # Text encoders that are gone from the pipeline, which would count them among its own.
        self._away: dict[str, Any] = {}
        self._denoiser = "unet" if getattr(pipe, "unet", None) is not None else "transformer"
        self._left = False

    def settle(self) -> None:
        """Bring a pipeline that was loaded into main memory to where its parts are held."""
        if self._stay == "whole":
            self._pipe.to(self._device)
            return
        self._pipe.vae.to(self._device)
        if self._stay == "groups":
            self._by_layers()
            return
        self._send_encoders()
        if self._stay == "apart":
            self._copy(self._denoiser).arrive(self._device)
        else:
            self._copy(self._denoiser).leave()

    @contextmanager
    def encoding(self) -> Iterator[None]:
        """Have the text encoders there; where room is short the denoiser is not."""
        self._return()
        if self._stay == "turns":
            self._leave(self._denoiser)
        for name, encoder in self._away.items():
            self._pipe.register_modules(**{name: encoder})
            self._copy(name).arrive(self._device)
        self._away.clear()
        try:
            yield
        finally:
            if self._stay in ("apart", "turns"):
                self._send_encoders()
                free()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Have the denoiser there; where room is short it leaves again before pictures are made."""
        self._return()
        if self._stay == "turns":
            self._copy(self._denoiser).arrive(self._device)
        try:
            yield
        finally:
            if self._stay == "turns":
                self._leave(self._denoiser)

    def leave(self) -> None:
        """Let all of it wait in main memory until it is needed again."""
        if self._left:
            return
        self._left = True
        for name in self._parts():
            self._copy(name).leave()
        free()

    def offload(self) -> bool:
        """From now on bring each layer as it is needed; False where that gains nothing."""
        if self._stay == "groups" or self._device.type in ("cpu", "mps"):
            return False
        if not getattr(denoiser_of(self._pipe), "_supports_group_offloading", True):
            return False
        self._return()
        for name in [name for name in self._parts() if name != "vae"]:
            self._leave(name)
        for name, encoder in self._away.items():
            self._pipe.register_modules(**{name: encoder})
        self._away.clear()
        # The copies would be held beside those that the layers come from.
        self._copies.clear()
        self._stay = "groups"
        self._by_layers()
        free()
        return True

    def _return(self) -> None:
        if not self._left:
            return
        self._left = False
        for name in self._parts():
            if not (self._stay == "turns" and name == self._denoiser):
                self._copy(name).arrive(self._device)

    def _by_layers(self) -> None:
        streams = self._device.type == "cuda"
        for module in (denoiser_of(self._pipe), *self._encoders().values()):
            apply_group_offloading(
                module, self._device, torch.device("cpu"), "leaf_level", use_stream=streams
            )

    def _send_encoders(self) -> None:
        self._away = self._encoders()
        for name in self._away:
            self._leave(name)
        self._pipe.register_modules(**dict.fromkeys(self._away))

    def _encoders(self) -> dict[str, Module]:
        components = self._pipe.components
        return {
            name: each
            for name, each in components.items()
            if name.startswith("text_encoder") and each is not None
        }

    def _parts(self) -> list[str]:
        """Return the parts that are in the pipeline and can be moved."""
        if self._stay == "groups":
            return ["vae"]
        return [self._denoiser, "vae", *self._encoders()]

    def _leave(self, name: str) -> None:
        self._copy(name).leave()

    def _copy(self, name: str) -> HostCopy:
        if name not in self._copies:
            self._copies[name] = HostCopy(getattr(self._pipe, name))
        return self._copies[name]
