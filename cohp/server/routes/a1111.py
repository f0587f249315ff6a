"""The routes that A1111's web UI has and tools call: an image asked for is a run here."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from cohp.catalogue import catalogue
from cohp.naming import resolve
from cohp.record import metadata
from cohp.record.versions import versions
from cohp.reward.images import decode
from cohp.server import waiting
from cohp.server.asking import recipe_of
from cohp.server.house import Here, House
from cohp.server.judging import content
from cohp.server.redrawing import redraw
from cohp.server.schemas import ImageText, ModelName, RewardName, Side, Text, Wire
from cohp.types import Scored

router = APIRouter(prefix="/sdapi/v1", tags=["A1111's routes"])
OURS = "cohp"


class Settings(Wire):
    """The one setting of A1111's that means something here."""

    model_config = ConfigDict(extra="ignore")

    sd_model_checkpoint: ModelName | None = None


class TextToImage(Wire):
    """What tools send; what is not named here means nothing here and is passed over."""

    model_config = ConfigDict(extra="ignore")

    prompt: Text = ""
    negative_prompt: Text | None = None
    seed: int | None = Field(default=None, ge=-1)
    steps: int | None = Field(default=None, ge=1, le=1000)
    cfg_scale: float | None = Field(default=None, ge=0, le=100)
    width: Side | None = None
    height: Side | None = None
    batch_size: int = Field(default=1, ge=1, le=16)
    n_iter: int = Field(default=1, ge=1, le=16)
    send_images: bool = True
    override_settings: Settings | None = None
    # Ours, beside A1111's.
    rounds: int | None = Field(default=None, ge=1)
    per_model: int | None = Field(default=None, ge=1)
    batch: int | None = Field(default=None, ge=1)
    reward: RewardName | None = None

    def recipe_values(self, checkpoint: str) -> dict[str, Any]:
        """Return what it asks for as the keys of a recipe."""
        own = self.override_settings and self.override_settings.sd_model_checkpoint
        model = own or checkpoint
        values = {
            "prompt": self.prompt,
            "negative": self.negative_prompt or None,
            "seed": None if self.seed in {None, -1} else self.seed,
            "guidance": self.cfg_scale,
            "models": None if model == OURS else [model],
        }
        names = ("steps", "width", "height", "rounds", "per_model", "batch", "reward")
        values |= {name: getattr(self, name) for name in names}
        return {name: each for name, each in values.items() if each is not None}

    @property
    def count(self) -> int:
        """How many images it asks for."""
        return self.batch_size * self.n_iter


class ImageToImage(TextToImage):
    """Likewise, from an image; a mask is not read."""

    init_images: list[ImageText] = Field(min_length=1, max_length=1)
    denoising_strength: float = Field(default=0.75, gt=0, le=1)


class Made(BaseModel):
    """Images as base64, what they were asked for with, and a JSON text of how they came about."""

    images: list[str]
    parameters: dict[str, Any]
    info: str


@router.post("/txt2img")
async def txt2img(asked: TextToImage, here: Here) -> Made:
    """Search for the best image of a prompt; several are runs of their own."""
    values = asked.recipe_values(here.checkpoint.name)
    results = await waiting.results(await waiting.begin(here, values, asked.count))
    images = [each.path.read_bytes() for each in results]
    return _made(asked, images, [each.verdict.best for each in results])


@router.post("/img2img")
async def img2img(asked: ImageToImage, here: Here) -> Made:
    """Draw from an image, and return the best of what was drawn."""

    def work() -> list[Scored]:
        image = decode(content(asked.init_images[0], "init_images"), "init_images")
        values = asked.recipe_values(here.checkpoint.name)
        values["per_model"] = max(asked.count, values.get("per_model", 1))
        return redraw(here.desk, recipe_of(here.settings, values), image, asked.denoising_strength)

    best = (await here.redrawing.do(work))[: asked.count]
    return _made(asked, [_png(each) for each in best], best)


@router.get("/progress")
def progress(here: Here) -> dict[str, Any]:
    """Tell how far the oldest run at work has come, with its best image so far."""
    running = here.desk.running()
    if not running:
        return _progress(0.0, None, "", 0)
    course = here.desk.shelf.course(running[0].run)
    share = len(course.entries) / max(1, course.planned)
    return _progress(share, _best(here, running[0].run), running[0].run, len(running))


@router.get("/sd-models")
def sd_models() -> list[dict[str, Any]]:
    """List the models: `cohp` stands for the server's own candidates together."""
    none = dict.fromkeys(("hash", "sha256", "config"))
    return [
        {"title": name, "model_name": name, "filename": name, **none}
        for name in (OURS, *catalogue())
    ]


@router.get("/options")
def options(here: Here) -> dict[str, str]:
    """Tell which model draws where none is named."""
    return {"sd_model_checkpoint": here.checkpoint.name, "samples_format": "png"}


@router.post("/options")
def set_options(asked: Settings, here: Here) -> None:
    """Choose the model that draws where these routes name none, until the server ends."""
    name = asked.sd_model_checkpoint
    if name:
        here.checkpoint.name = name if name == OURS else resolve(name).name


@router.get("/samplers")
def samplers() -> list[dict[str, Any]]:
    """List one sampler: each model has its own."""
    return [{"name": "Automatic", "aliases": [], "options": {}}]


@router.get("/scripts")
def scripts() -> dict[str, list[str]]:
    """List no scripts."""
    return {"txt2img": [], "img2img": []}


def _made(asked: TextToImage, images: Sequence[bytes], best: Sequence[Scored]) -> Made:
    shots = [each.shot for each in best]
    texts = [
        metadata.infotext(each.shot, each.score, f"CoHP {versions()['cohp']}") for each in best
    ]
    info = {
        "prompt": asked.prompt,
        "all_prompts": [each.prompt for each in shots],
        "negative_prompt": asked.negative_prompt or "",
        "seed": shots[0].seed,
        "all_seeds": [each.seed for each in shots],
        "width": shots[0].width,
        "height": shots[0].height,
        "sd_model_name": shots[0].model,
        "scores": [each.score.mean for each in best],
        "infotexts": texts,
    }
    sent = [base64.b64encode(each).decode() for each in images] if asked.send_images else []
    kept = asked.model_dump(exclude={"init_images"})
    return Made(images=sent, parameters=kept, info=json.dumps(info))


def _png(scored: Scored) -> bytes:
    if scored.drawn is None:
        return b""
    text = metadata.infotext(scored.shot, scored.score, f"CoHP {versions()['cohp']}")
    return metadata.encode(scored.drawn.image, {metadata.INFOTEXT: text})


def _best(house: House, run: str) -> str | None:
    best = house.desk.shelf.course(run).best
    if best is None or best.image is None:
        return None
    return base64.b64encode(house.desk.shelf.image(run, best.image).read_bytes()).decode()


def _progress(share: float, image: str | None, run: str, jobs: int) -> dict[str, Any]:
    state = {"job": run, "job_count": jobs, "job_no": 0, "sampling_step": 0, "sampling_steps": 0}
    return {
        "progress": round(share, 4),
        "eta_relative": 0.0,
        "state": {**state, "skipped": False, "interrupted": False},
        "current_image": image,
        "textinfo": None,
    }
