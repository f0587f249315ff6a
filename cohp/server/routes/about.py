"""The server itself: whether it lives, what it counts and what it knows."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import BaseModel

from cohp.catalogue import catalogue, default_models
from cohp.measure.panel import default_reward
from cohp.recipes import named
from cohp.record.versions import versions
from cohp.reward.loading import names
from cohp.server.guard import COOKIE, same, signature
from cohp.server.house import Here
from cohp.server.listing import listing
from cohp.server.schemas import Wire

router = APIRouter(tags=["the server"])
YEAR = 365 * 24 * 3600


class Health(BaseModel):
    """Whether the server takes work on, and how much there is."""

    status: Literal["ok", "closing"]
    version: str
    queued: int
    running: int
    room: int


class ModelOut(BaseModel):
    """A model that has a short name."""

    name: str
    about: str
    width: int
    height: int
    default: bool


class Choices(BaseModel):
    """What may be named in a request, and what stands where nothing is."""

    models: list[ModelOut]
    rewards: list[str]
    recipes: dict[str, str]
    reward: str


class SignIn(Wire):
    """The server's token."""

    token: str


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """Return the routes on one page that loads nothing."""
    return HTMLResponse(listing(request.app.openapi()))


@router.get("/health")
def health(here: Here) -> Health:
    """Tell whether the server takes work on."""
    queued, running = here.desk.counts()
    status: Literal["ok", "closing"] = "closing" if here.desk.closing.is_set() else "ok"
    return Health(
        status=status,
        version=versions()["cohp"],
        queued=queued,
        running=running,
        room=here.settings.room,
    )


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(here: Here) -> PlainTextResponse:
    """Return what is counted, as Prometheus reads it."""
    queued, running = here.desk.counts()
    gauges = {
        "cohp_queued": ("Runs that wait.", float(queued)),
        "cohp_running": ("Runs that are worked on.", float(running)),
    }
    return PlainTextResponse(
        here.metrics.text(gauges), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


@router.get("/api/choices")
def choices(here: Here) -> Choices:
    """List the models, rewards and recipes that have a name."""
    defaults = here.settings.defaults.get("models") or default_models()
    return Choices(
        models=[
            ModelOut(
                name=name,
                about=each.about,
                width=each.width,
                height=each.height,
                default=name in defaults,
            )
            for name, each in catalogue().items()
        ],
        rewards=names(),
        recipes={name: str(values["about"]) for name, values in named().items()},
        reward=here.settings.defaults.get("reward") or default_reward(),
    )


@router.post("/api/session", status_code=204)
def sign_in(asked: SignIn, here: Here, request: Request) -> Response:
    """Have a browser remember that it knows the token, in a cookie that no script reads."""
    token = here.settings.token
    if token and not same(asked.token, token):
        raise HTTPException(401, "That is not the server's token")
    response = Response(status_code=204)
    if token:
        response.set_cookie(
            COOKIE,
            signature(token, COOKIE),
            max_age=YEAR,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
    return response
