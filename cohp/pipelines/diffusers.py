"""Draws shots with diffusers' pipelines, every family by the same path: latents in, latents out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from cohp.catalogue import Model
from cohp.errors import BadInput, OutOfMemory
from cohp.options import DiffusersOptions, read
from cohp.pipelines import loading
from cohp.pipelines.autoencoder import Autoencoder, as_image
from cohp.pipelines.denoiser import Call, Denoiser
from cohp.pipelines.families import family_of
from cohp.pipelines.foreign import Pipe
from cohp.pipelines.heap import trim
from cohp.pipelines.kept import Kept
from cohp.pipelines.lanes import Lanes
from cohp.pipelines.look import look, match_colours
from cohp.pipelines.memory import default_device, free, ran_out
from cohp.pipelines.noise import generators, noise
from cohp.pipelines.prompts import Prompts
from cohp.pipelines.quiet import quiet
from cohp.pipelines.residence import Residence
from cohp.pipelines.settings import Settings
from cohp.pipelines.speed import speed_up
from cohp.pipelines.start import Start, start_of
from cohp.placement.need import Stay
from cohp.types import Drawn, Shot

NO_NUMBERS = "the model gave values that are not numbers: give it another dtype"


@dataclass(frozen=True)
class _Begun:
    """What a part of a batch is drawn from: noise, and where it refines the parents' latents."""

    call: Call
    fresh: Tensor
    start: Start | None = None
    clean: Tensor | None = None


@dataclass(frozen=True)
class _Finished:
    """The latents of a batch; where they started and at which noise level, unless from noise."""

    latents: Tensor
    start: Start | None = None
    level: float | None = None


class DiffusersGenerator:
    """One pipeline of diffusers, whatever its family."""

    def __init__(
        self,
        model: Model,
        *,
        device: str | None = None,
        pipeline: Pipe = None,
        stay: Stay = "whole",
    ) -> None:
        """Load `model`, or drive a `pipeline` that is loaded; hold its parts as `stay` says."""
        options = read(DiffusersOptions, model)
        self._model = model
        self._revision = "given" if pipeline is not None else loading.revision(model)
        device = device or default_device()
        if options.text_encoders == "release" and stay == "whole":
            stay = "apart"
        pipe = pipeline
        if pipe is None:
            pipe = loading.load_pipeline(model, device=device, whole=stay == "whole")
        family = family_of(pipe)
        with quiet():
            speed_up(model.name, pipe, options)
        self._residence = Residence(pipe, device, stay)
        if stay != "whole":
            with loading.fitting(model.name, device):
                self._residence.settle()
        self._match_colours = options.match_colours
        self._settings = Settings(model, pipe, family, options)
        self._prompts = Prompts(pipe, family, self._residence)
        self._denoiser = Denoiser(pipe, family)
        self._lanes = Lanes(pipe, family, self._denoiser)
        self._autoencoder = Autoencoder(pipe.vae, family.codec)
        self._kept = Kept()
        # Whether what is at work is as much for one image as for the batch in hand.
        self._one_by_one = False

    @property
    def revision(self) -> str:
        """Which version of the weights this is, as recorded in the journal."""
        return self._revision

    def draw(self, shots: Sequence[Shot], parents: Mapping[str, Drawn]) -> Iterator[Drawn]:
        """Draw `shots`; those that agree in all but seed, place, parent and words share a batch."""
        for _, group in groupby(shots, key=_batch_key):
            yield from self._draw_group(list(group), parents)

    def leave(self) -> None:
        """Let the weights wait in main memory until the next batch."""
        self._residence.leave()

    def spare(self) -> str | None:
        """Make do with less memory from now on: say how, or None where nothing is left to do."""
        if self._autoencoder.tile():
            return "its autoencoder works in tiles"
        if self._residence.offload():
            return "its layers come from main memory one by one"
        return None

    def close(self) -> None:
        """Let go of the device memory."""
        if "_lanes" in vars(self):
            self._lanes.close()
        for name in ("_prompts", "_denoiser", "_lanes", "_autoencoder", "_kept", "_residence"):
            vars(self).pop(name, None)
        free()

    def _draw_group(self, shots: Sequence[Shot], parents: Mapping[str, Drawn]) -> list[Drawn]:
        self._settings.check_size(shots[0])
        try:
            with torch.inference_mode():
                alike = self._prompts.alike([self._settings.words(each) for each in shots])
            drawn: dict[int, Drawn] = {}
            for places in alike:
                batch = self._draw_batch([shots[place] for place in places], parents)
                drawn |= zip(places, batch, strict=True)
        except Exception as error:
            if not ran_out(error):
                raise
            said = f"{self._model.name}: {len(shots)} images do not fit"
        else:
            return [drawn[place] for place in range(len(shots))]
        # Only here is the error gone, and with it what it held on the device.
        free()
        raise OutOfMemory(said, by_batch=not self._one_by_one)

    def _draw_batch(self, shots: Sequence[Shot], parents: Mapping[str, Drawn]) -> list[Drawn]:
        began = perf_counter()
        self._one_by_one = False
        with torch.inference_mode():
            begun = [self._begin(part, parents) for part in self._lanes.parts(shots)]
            with self._residence.drawing():
                parts = self._lanes.each(self._finish, begun)
            trim()
            finished = replace(parts[0], latents=torch.cat([part.latents for part in parts]))
            pictures = self._pictures(finished.latents)
            trim()
        seconds = (perf_counter() - began) / len(shots)
        return [
            self._drawn(shot, finished, place, pictures[place], seconds)
            for place, shot in enumerate(shots)
        ]

    def _begin(self, shots: Sequence[Shot], parents: Mapping[str, Drawn]) -> _Begun:
        """Gather what a part of a batch is drawn from."""
        shot = shots[0]
        steps = self._settings.steps(shot)
        start = None if shot.parent is None else start_of(steps, shot.strength or 1.0)
        call = self._call(shots, start.steps if start else steps)
        fresh = noise(call.generators, self._denoiser.shape(shot.width, shot.height))
        if start is None:
            return _Begun(call, fresh)
        clean = torch.stack([self._parent(each, parents) for each in shots])
        return _Begun(call, fresh, start, clean)

    def _finish(self, denoiser: Denoiser, begun: _Begun) -> _Finished:
        """Draw the latents of a part of a batch."""
        call, start, clean = begun.call, begun.start, begun.clean
        if start is None or clean is None:
            return _Finished(denoiser.run(call, begun.fresh)[0])
        noisy, level = denoiser.begin(call, clean, begun.fresh, start.first)
        done, _ = denoiser.run(call, noisy, start.first)
        if self._match_colours:
            done = match_colours(done.float(), clean)
        return _Finished(done, start, level)

    def _pictures(self, latents: Tensor) -> list[Tensor]:
        """Decode one image at a time, or one a lane."""
        whole = list(latents)
        parts = self._lanes.parts(whole) if self._autoencoder.shared else [whole]
        self._one_by_one = len(parts) == 1
        decoded = self._lanes.each(self._decode, parts)
        return [picture for part in decoded for picture in part]

    def _decode(self, _: Denoiser, latents: Sequence[Tensor]) -> list[Tensor]:
        return [self._autoencoder.decode(each) for each in latents]

    def _call(self, shots: Sequence[Shot], steps: int) -> Call:
        """Return what a batch is drawn with."""
        shot = shots[0]
        embeddings = self._prompts.arguments([self._settings.words(each) for each in shots])
        arguments = {**self._settings.arguments(shot), **embeddings}
        sources = generators([each.seed for each in shots])
        return Call(shot.width, shot.height, steps, arguments, sources)

    def _parent(self, shot: Shot, parents: Mapping[str, Drawn]) -> Tensor:
        """Return the latents a shot starts from: its parent's own, or its image encoded once."""
        shape = self._denoiser.shape(shot.width, shot.height)
        key = f"{shot.parent} {shot.width}x{shot.height}"
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        parent = parents.get(shot.parent or "")
        if parent is None:
            raise BadInput(f"The parent {shot.parent} of shot {shot.id} was not handed over.")
        held = parent.latents
        if held is not None and parent.shot.model == shot.model and held.shape == shape:
            latents = torch.from_numpy(held).to(self._denoiser.device, torch.float32)
        else:
            latents = self._autoencoder.encode(parent.image, shot.width, shot.height)
        self._kept.put(key, latents)
        return latents

    def _drawn(
        self, shot: Shot, finished: _Finished, place: int, picture: Tensor, seconds: float
    ) -> Drawn:
        start = finished.start
        # Copies, because what inference mode made cannot be used outside it without bounds.
        latents, picture = finished.latents[place].float().clone(), picture.clone()
        self._kept.put(f"{shot.id} {shot.width}x{shot.height}", latents)
        sound = bool(picture.isfinite().all())
        notes = [start.note if start else None, self._settings.note(shot)]
        notes.append(None if sound else NO_NUMBERS)
        facts: dict[str, Any] = {"look": look(picture)} if sound else {}
        if start:
            facts["steps"] = f"{start.steps - start.first} of {start.steps}"
        if any(notes):
            facts["note"] = "; ".join(note for note in notes if note)
        held = latents.cpu().numpy()
        return Drawn(shot, as_image(picture), held, picture, finished.level, seconds, facts)


def _batch_key(shot: Shot) -> tuple[object, ...]:
    return (
        *(shot.model, shot.width, shot.height, shot.steps),
        *(shot.guidance, shot.strength, shot.parent is None),
    )
