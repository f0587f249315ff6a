"""Running some steps of a pipeline on latents: the one path by which every family draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cohp.errors import BadInput
from cohp.pipelines.families.base import Family
from cohp.pipelines.foreign import Arguments, Pipe
from cohp.pipelines.memory import ran_out
from cohp.pipelines.noise import noise_level, noised
from cohp.pipelines.window import Carry, Window


@dataclass(frozen=True)
class Call:
    """What a batch is drawn with; `arguments` holds embeddings, guidance and the like."""

    width: int
    height: int
    steps: int
    arguments: Mapping[str, Any]
    generators: Sequence[torch.Generator]


class Denoiser:
    """A pipeline used for its denoising alone: latents in, latents out."""

    def __init__(self, pipe: Pipe, family: Family) -> None:
        self._pipe = pipe
        self._family = family
        pipe.set_progress_bar_config(disable=True)

    @property
    def device(self) -> torch.device:
        """Where the work is done."""
        return torch.device(self._pipe.device)

    def shape(self, width: int, height: int) -> tuple[int, int, int]:
        """Return the shape of one image's latents: channels, height, width."""
        side = int(self._pipe.vae_scale_factor) * self._family.patch
        return self._family.channels(self._pipe), height // side, width // side

    def begin(self, call: Call, clean: Tensor, fresh: Tensor, first: int) -> tuple[Tensor, float]:
        """Noise clean latents to where step `first` starts; return them and the noise level."""
        self._set_schedule(call, clean, first)
        scheduler = self._pipe.scheduler
        noisy = noised(scheduler, clean.to(self.device), fresh.to(self.device), first)
        return noisy, noise_level(scheduler, first, self.device)

    def run(
        self,
        call: Call,
        latents: Tensor,
        first: int = 0,
        last: int | None = None,
        carry: Carry | None = None,
    ) -> tuple[Tensor, Carry]:
        """Run the steps `first` to `last`; with what is carried another part can follow.

        Latents before the first step are noise of unit variance, as `cohp.pipelines.noise` makes.
        """
        scheduler = self._pipe.scheduler
        if first and self._family.rescales:
            self._set_schedule(call, latents, first)
            latents = latents / scheduler.init_noise_sigma
        opening = Window(scheduler, first, last, carry=carry, generators=call.generators)
        with opening as opened:
            done = self._run(call, latents)
            return done, opened.carry(len(latents))

    def _set_schedule(self, call: Call, latents: Tensor, first: int) -> None:
        """Have the pipeline set its schedule, as only it knows how to, by running no steps."""
        with Window(self._pipe.scheduler, first, first):
            self._run(call, latents)

    def _run(self, call: Call, latents: Tensor) -> Tensor:
        family, pipe = self._family, self._pipe
        family.ready(pipe, call.width, call.height)
        last: list[Tensor] = []
        arguments = {**family.fixed, **call.arguments}
        if family.captured:
            arguments["callback_on_step_end"] = _keeping(last)
        given = latents.to(self.device, self._precision(call))
        arguments |= {
            "latents": family.takes.pack(given),
            "width": call.width,
            "height": call.height,
            "num_inference_steps": call.steps,
            "generator": list(call.generators),
            "output_type": "latent",
            "return_dict": False,
        }
        try:
            out = pipe(**arguments)[0]
        except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
            if family.known or ran_out(error):
                raise
            raise BadInput(self._refusal(str(error).partition("\n")[0])) from error
        if not family.captured:
            last = [out]
        done = family.gives.unpack(last[-1], tuple(latents.shape[1:])) if last else given
        if done.shape != latents.shape:
            got, wanted = tuple(done.shape), tuple(latents.shape)
            raise BadInput(self._refusal(f"its latents are {got}, not {wanted}"))
        return done

    def _refusal(self, why: str) -> str:
        return (
            f"CoHP does not know {type(self._pipe).__name__}, and cannot drive it as it drives "
            f"most: {why}. Choose a model of another family."
        )

    def _precision(self, call: Call) -> torch.dtype:
        """Return the type that the pipeline itself would make its noise in."""
        if not self._family.precise:
            for value in call.arguments.values():
                if isinstance(value, Tensor) and value.is_floating_point():
                    return value.dtype
        return torch.float32 if self._family.precise else self._pipe.dtype


def _keeping(last: list[Tensor]) -> Callable[[Pipe, int, Tensor, Arguments], Arguments]:
    """Return a callback that keeps the latents of the last step."""

    def keep(_pipe: Pipe, _index: int, _timestep: Tensor, held: Arguments) -> Arguments:
        last[:] = [held["latents"]]
        return {}

    return keep
