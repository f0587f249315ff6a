"""The app: its routes behind its guard, and the desk that opens and closes with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from cohp.executors.base import Executor
from cohp.executors.local import LocalExecutor
from cohp.record.versions import versions
from cohp.server import answers, page
from cohp.server.guard import Guard
from cohp.server.house import House
from cohp.server.routes import a1111, about, judging, openai, runs
from cohp.server.settings import Settings
from cohp.server.watch import Watch

ABOUT = "Searches for the best image of a prompt, judged by human preference."


def create_app(settings: Settings, executor: Executor | None = None) -> FastAPI:
    """Return the app of a server; it works while its lifespan is open."""
    house = House.of(settings, executor or LocalExecutor())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        house.desk.open()
        yield
        house.close()

    # FastAPI's own pages load scripts from elsewhere; ours, at /docs, loads nothing.
    app = FastAPI(
        title="CoHP",
        summary=ABOUT,
        version=versions()["cohp"],
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=answers.REFUSALS,
    )
    app.state.house = house
    for each in (page, about, runs, judging, openai, a1111):
        app.include_router(each.router)
    answers.install(app)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Watch, metrics=house.metrics)
    return app
