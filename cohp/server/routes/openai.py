"""OpenAI's images API: an image asked for is a run, and a partial image is a round's best."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from time import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cohp.catalogue import catalogue
from cohp.errors import BadInput, CohpError
from cohp.server import stream, waiting
from cohp.server.answers import problem, said
from cohp.server.desk import Ticket
from cohp.server.guard import SIGNATURE, signature
from cohp.server.house import Here, House
from cohp.server.schemas import ModelName, StartRun

router = APIRouter(prefix="/v1", tags=["OpenAI's images API"])
# The server's own candidates, by the name clients see.
OURS = "cohp"
# What an event says beside its image: nothing is asked for, so nothing is known.
LOOKS = {"background": "opaque", "quality": "auto", "output_format": "png"}
USAGE = {
    "input_tokens": 0,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    "output_tokens": 0,
    "total_tokens": 0,
}


class Generate(StartRun):
    """A prompt as OpenAI's clients send it; the keys of a recipe are extra fields of theirs."""

    model_config = ConfigDict(extra="ignore")

    model: ModelName | None = None
    n: int | None = Field(default=None, ge=1, le=10)
    size: Annotated[str, StringConstraints(pattern=r"^(auto|\d{2,4}x\d{2,4})$")] | None = None
    response_format: Literal["b64_json", "url"] | None = None
    output_format: Literal["png"] | None = None
    stream: bool | None = None
    partial_images: int | None = Field(default=None, ge=0, le=100)

    def recipe_values(self) -> dict[str, Any]:
        """Return what it asks for as the keys of a recipe."""
        values = {
            name: each for name, each in self.values_set().items() if name in StartRun.model_fields
        }
        if self.model and self.model != OURS:
            values["models"] = [self.model]
        if self.size and self.size != "auto":
            values["width"], values["height"] = map(int, self.size.split("x"))
        return values


class Image(BaseModel):
    """An image, or where it is; `run` is ours."""

    b64_json: str | None = None
    url: str | None = None
    revised_prompt: str | None = None
    run: str


class Images(BaseModel):
    """The images of a request."""

    created: int
    data: list[Image]


class ModelCard(BaseModel):
    """A model as OpenAI's clients see it."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = OURS


class ModelCards(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


@router.get("/models")
def models() -> ModelCards:
    """List the models: `cohp` stands for the server's own candidates together."""
    return ModelCards(data=[ModelCard(id=name) for name in (OURS, *catalogue())])


@router.post("/images/generations", response_model=Images)
async def generate(asked: Generate, here: Here, request: Request) -> Images | Response:
    """Search for `n` images and return them once found, or stream one as it gets better."""
    if asked.stream and (asked.n or 1) > 1:
        raise BadInput("A stream has one image: ask for one, or without stream.")
    tickets = await waiting.begin(here, asked.recipe_values(), asked.n or 1)
    if asked.stream:
        source = _stream(here, tickets[0], asked.partial_images or 0)
        return StreamingResponse(source, 200, {"Cache-Control": "no-store"}, "text/event-stream")
    data = []
    for ticket, result in zip(tickets, await waiting.results(tickets), strict=True):
        entry = result.folder.entries[result.verdict.best.shot.id]
        image = Image(run=ticket.run, revised_prompt=entry.shot.prompt)
        if asked.response_format == "url":
            image.url = _address(here, request, f"/api/runs/{ticket.run}/images/{entry.image}")
        else:
            image.b64_json = _encoded(here, ticket.run, str(entry.image))
        data.append(image)
    return Images(created=int(time()), data=data)


async def _stream(house: House, ticket: Ticket, most: int) -> AsyncIterator[str]:
    """Tell of a run in OpenAI's events: the best image as rounds end, and the last one."""
    partial = 0
    try:
        async for told in stream.events(house.desk, ticket.run, 0):
            if told is None:
                yield ": still here\n\n"
            elif told.name == "round" and told.data["best"] and partial < most:
                more = {"partial_image_index": partial}
                yield _event(house, ticket.run, "partial_image", told.data["best"], more)
                partial += 1
            elif told.name == "finished":
                yield _event(house, ticket.run, "completed", told.data["best"], {"usage": USAGE})
                return
        reason = f"The run {ticket.run} was stopped; it can be resumed."
        if error := ticket.done.exception(timeout=0):
            reason = said(error) if isinstance(error, CohpError) else reason
    except (CohpError, TimeoutError) as error:
        reason = said(error) or f"The run {ticket.run} was stopped."
    yield f"event: error\ndata: {json.dumps(problem(503, reason))}\n\n"


def _event(
    house: House, run: str, name: str, best: Mapping[str, Any], more: Mapping[str, Any]
) -> str:
    data = {
        "type": f"image_generation.{name}",
        "b64_json": _encoded(house, run, best["file"]),
        "created_at": int(time()),
        "size": f"{best['width']}x{best['height']}",
        **LOOKS,
        **more,
    }
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n"


def _encoded(house: House, run: str, file: str) -> str:
    return base64.b64encode(house.desk.shelf.image(run, file).read_bytes()).decode()


def _address(house: House, request: Request, path: str) -> str:
    """Return the whole address of an image; it lets in who was given it, and nowhere else."""
    token = house.settings.token
    signed = f"?{SIGNATURE}={signature(token, path)}" if token else ""
    return f"{str(request.base_url).rstrip('/')}{path}{signed}"
