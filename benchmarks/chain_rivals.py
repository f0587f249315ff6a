"""The same chain done otherwise: by a straightforward script, and as the reference does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from diffusers import DiffusionPipeline
from PIL import Image
from score_rival import score_plainly

from cohp.naming import resolve
from cohp.pipelines.start import start_of
from cohp.recipe import Candidate, Recipe
from cohp.reward.base import Reward
from cohp.reward.catalogue import find
from cohp.search.base import draw
from cohp.whereabouts import place_of

Draw = Callable[[Any, Candidate, str, Sequence[int], int], list[Image.Image]]


@dataclass(frozen=True)
class Way:
    """How a chain is done: where pipelines come from, how they draw, how images are scored."""

    pipeline: Callable[[str], Any]
    draw: Draw
    kept: Callable[[Image.Image], Image.Image]
    score: Callable[[str, Image.Image], float]


def load(name: str) -> Any:  # noqa: ANN401 - a pipeline of diffusers
    """Load a model's pipeline by diffusers' own means."""
    pipe = DiffusionPipeline.from_pretrained(place_of(resolve(name)))
    pipe.set_progress_bar_config(disable=True)
    return pipe


def script(reward: Reward) -> Way:
    """Models loaded once, a batch a call, PIL between rounds."""
    loaded: dict[str, Any] = {}

    def pipeline(name: str) -> Any:  # noqa: ANN401
        if name not in loaded:
            loaded[name] = load(name)
        return loaded[name]

    def score(prompt: str, image: Image.Image) -> float:
        return reward.score(prompts=[prompt], images=[image])[0].mean

    return Way(pipeline, _draw, lambda image: image, score)


def reference() -> Way:
    """Models loaded for each prompt and candidate, one image at a time, PNG between rounds.

    Images are scored as the reference does it, with gradients on.
    """

    def one_by_one(
        pipe: Any,  # noqa: ANN401
        candidate: Candidate,
        prompt: str,
        seeds: Sequence[int],
        steps: int,
    ) -> list[Image.Image]:
        return [image for seed in seeds for image in _draw(pipe, candidate, prompt, [seed], steps)]

    def through_png(image: Image.Image) -> Image.Image:
        buffer = BytesIO()
        image.save(buffer, "PNG")
        return Image.open(buffer).convert("RGB")

    return Way(load, one_by_one, through_png, score_plainly(find("mini-judge").folder or Path()))


def chain(recipe: Recipe, way: Way) -> tuple[str, int]:
    """Do a chain; return the chosen model and the seed of its best image of stage one.

    Images are scored one at a time.

    diffusers has no img2img class for these models: a round encodes its parent and calls the
    pipeline with as many steps as refining runs, which is as much work.
    """
    tried = {each.name: _stage_one(recipe, each, way) for each in recipe.models}
    chosen = max(tried, key=lambda name: fmean(score for score, _ in tried[name]))
    candidate = next(each for each in recipe.models if each.name == chosen)
    scores = [score for score, _ in tried[chosen]]
    first = draw(recipe, candidate, 0, scores.index(max(scores))).seed
    best = max(tried[chosen], key=lambda each: each[0])
    pipe = way.pipeline(chosen)
    for number in range(1, recipe.rounds + 1):
        start = start_of(candidate.steps or 1, recipe.strength(number))
        _encode(pipe, best[1])
        seeds = [draw(recipe, candidate, number, index).seed for index in range(recipe.batch)]
        images = way.draw(pipe, candidate, recipe.prompt, seeds, start.steps - start.first)
        best = max([best, *_scored(recipe, images, way)], key=lambda each: each[0])
    return chosen, first


def _stage_one(recipe: Recipe, candidate: Candidate, way: Way) -> list[tuple[float, Image.Image]]:
    seeds = [draw(recipe, candidate, 0, index).seed for index in range(recipe.per_model)]
    pipe = way.pipeline(candidate.name)
    images = way.draw(pipe, candidate, recipe.prompt, seeds, candidate.steps or 1)
    return _scored(recipe, images, way)


def _draw(
    pipe: Any,  # noqa: ANN401
    candidate: Candidate,
    prompt: str,
    seeds: Sequence[int],
    steps: int,
) -> list[Image.Image]:
    more = {"use_resolution_binning": False} if "PixArt" in type(pipe).__name__ else {}
    made = pipe(
        prompt=prompt,
        width=candidate.width,
        height=candidate.height,
        num_inference_steps=steps,
        guidance_scale=candidate.guidance,
        num_images_per_prompt=len(seeds),
        generator=[torch.Generator().manual_seed(seed) for seed in seeds],
        **more,
    )
    return list(made.images)


def _encode(pipe: Any, image: Image.Image) -> None:  # noqa: ANN401
    pipe.vae.encode(pipe.image_processor.preprocess(image))


def _scored(
    recipe: Recipe, images: Sequence[Image.Image], way: Way
) -> list[tuple[float, Image.Image]]:
    kept = map(way.kept, images)
    return [(way.score(recipe.prompt, image), image) for image in kept]
