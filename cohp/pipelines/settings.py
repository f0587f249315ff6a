"""What a shot leaves open and a model decides: steps, guidance, sizes, further arguments."""

from __future__ import annotations

from inspect import signature

from cohp.catalogue import Model
from cohp.errors import BadInput
from cohp.options import DiffusersOptions
from cohp.pipelines.asked import check_call
from cohp.pipelines.families.base import Family
from cohp.pipelines.families.words import Words
from cohp.pipelines.foreign import Arguments, Pipe
from cohp.types import Shot


class Settings:
    """The settings of one model, as its entry, its options and its pipeline give them."""

    def __init__(self, model: Model, pipe: Pipe, family: Family, options: DiffusersOptions) -> None:
        self._model = model
        self._family = family
        self._options = options
        self._known = {
            name: each.default for name, each in signature(pipe.__call__).parameters.items()
        }
        self._multiple = family.multiple(pipe)
        self._above = None if _is_distilled(pipe) else family.guided_above
        check_call(model.name, type(pipe), options)

    def steps(self, shot: Shot) -> int:
        """Return how many steps a shot is drawn in."""
        return shot.steps or self._model.steps or int(self._known["num_inference_steps"])

    def check_size(self, shot: Shot) -> None:
        """Raise `BadInput` where a shot's size is none that the model can draw."""
        each = self._multiple
        if shot.width % each == 0 and shot.height % each == 0:
            return
        near = " or ".join(
            f"{shot.width // each * each + more}x{shot.height // each * each + more}"
            for more in (0, each)
            if min(shot.width, shot.height) // each * each + more
        )
        raise BadInput(
            f"{self._model.name} draws sizes that are multiples of {each}; "
            f"{shot.width}x{shot.height} is none. Ask for {near}."
        )

    def arguments(self, shot: Shot) -> Arguments:
        """Return the arguments of a call that are neither embeddings nor latents."""
        guidance = self._guidance(shot)
        own: Arguments = {} if guidance is None else {self._family.guidance: guidance}
        longest = self._options.max_sequence_length
        # Said again, because Qwen-Image cuts embeddings to the length of its call.
        if longest is not None and "max_sequence_length" in self._known:
            own["max_sequence_length"] = longest
        return {**own, **self._options.call}

    def words(self, shot: Shot) -> Words:
        """Return the words of a shot, and whether its negative prompt counts."""
        guided = self._guided(shot)
        negative = shot.negative if guided else ""
        return Words(shot.prompt, negative, guided, self._options.max_sequence_length)

    def note(self, shot: Shot) -> str | None:
        """Say what of a shot this model cannot honour."""
        if shot.negative and not self._guided(shot):
            return "the negative prompt has no effect: this model draws without one"
        return None

    def _guidance(self, shot: Shot) -> float | None:
        for value in (shot.guidance, self._model.guidance):
            if value is not None and self._family.guidance in self._known:
                return float(value)
        return None

    def _guided(self, shot: Shot) -> bool:
        """Say whether the model is told what to stay away from."""
        second = float(self._options.call.get("true_cfg_scale", 0.0))
        if self._above is None:
            return second > 1.0
        guidance = self._guidance(shot)
        if guidance is None:
            guidance = float(self._known.get(self._family.guidance) or 0.0)
        return max(guidance, second) > self._above


def _is_distilled(pipe: Pipe) -> bool:
    """Say whether guidance was distilled into the weights, so that pipelines do without any."""
    unet = getattr(pipe, "unet", None)
    latent_consistency = unet is not None and unet.config.get("time_cond_proj_dim") is not None
    return latent_consistency or bool(pipe.config.get("is_distilled"))
