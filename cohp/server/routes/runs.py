"""Runs: begun, listed, watched, cancelled, extended, resumed; and their images."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from starlette.background import BackgroundTask

from cohp.choosing import check_rounds
from cohp.record.folder import RunFolder
from cohp.report.page import page
from cohp.reporting import story
from cohp.server import stream
from cohp.server.asking import bounded, recipe_of
from cohp.server.house import Here, House
from cohp.server.labelling import packed
from cohp.server.schemas import Extend, Prefer, StartBatch, StartRun
from cohp.server.views import view, view_in_full, views
from cohp.server.wire import Run, RunInFull

router = APIRouter(prefix="/api", tags=["runs"])
# An image's name is a digest of it, so it never changes.
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
# The page loads nothing and runs nothing; a browser is told to hold it to that.
POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
SANDBOX = {"Content-Security-Policy": POLICY}
LARGEST_ID = 1 << 53


@router.post("/runs", status_code=202)
def start(asked: StartRun, here: Here, response: Response) -> Run:
    """Begin a run; it waits for its turn and goes on by itself."""
    recipe = recipe_of(here.settings, asked.values_set())
    (ticket,) = here.desk.submit([recipe])
    response.headers["Location"] = f"/api/runs/{ticket.run}"
    return view(here.desk, ticket.run)


@router.post("/batch", status_code=202)
def batch(asked: StartBatch, here: Here) -> list[Run]:
    """Begin a run for each prompt, all or none; their batches are shared."""
    options = asked.values_set()
    del options["prompts"]
    own = [
        {"prompt": each} if isinstance(each, str) else each.values_set() for each in asked.prompts
    ]
    recipes = [recipe_of(here.settings, {**options, **each}) for each in own]
    return [view(here.desk, each.run) for each in here.desk.submit(recipes)]


@router.get("/runs")
def listing(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(max_length=100)] = None,
) -> list[Run]:
    """List the newest runs, or with `before` those older than that one."""
    return views(here.desk, limit, before)


@router.get("/runs/{run}")
def get(run: str, here: Here) -> RunInFull:
    """Return a run with its recipe and all of its images so far."""
    return view_in_full(here.desk, run)


@router.post("/runs/{run}/cancel")
def cancel(run: str, here: Here) -> Run:
    """Stop a run before its next batch; what was drawn is kept, and it can be resumed."""
    here.desk.shelf.folder(run)
    here.desk.cancel(run)
    return view(here.desk, run)


@router.post("/runs/{run}/extend", status_code=202)
def extend(run: str, asked: Extend, here: Here) -> Run:
    """Refine so many rounds more; nothing is drawn twice."""
    here.desk.go_on(run, _longer(here, run, asked.rounds))
    return view(here.desk, run)


@router.post("/runs/{run}/prefer", status_code=202)
def prefer(run: str, asked: Prefer, here: Here) -> Run:
    """Overrule the reward: go on from this image at the next round, or anew where none is left.

    It is preferred to the image that led; the best is that of it and what comes of it.
    """
    if asked.rounds:
        check_rounds(here.desk.shelf.recipe(run), _longer(here, run, asked.rounds))
    here.desk.prefer(run, asked.image, asked.rounds or None)
    return view(here.desk, run)


@router.post("/runs/{run}/resume", status_code=202)
def resume(run: str, here: Here) -> Run:
    """Go on with a run that was interrupted, cancelled or failed; nothing is drawn twice."""
    here.desk.go_on(run)
    return view(here.desk, run)


def _longer(here: House, run: str, more: int) -> int:
    """Return how many rounds a run has with `more`, where that is not too much."""
    rounds = here.desk.shelf.course(run).done + more
    bounded(here.settings, here.desk.shelf.recipe(run).model_copy(update={"rounds": rounds}))
    return rounds


@router.get("/pairs", response_class=FileResponse)
def pairs(
    here: Here,
    run: Annotated[str | None, Query(max_length=100)] = None,
    kind: Annotated[Literal["hpdv3", "hpdv2", "pickapic"], Query(alias="format")] = "hpdv3",
    *,
    people: bool = False,
) -> FileResponse:
    """Return what one run decided, or all of them, as pairs to train rewards from.

    With `people` only what people chose against the reward. JSON comes as a zip with its images.
    """
    shelf = here.desk.shelf
    names = [run] if run else list(shelf.names())
    folder = Path(tempfile.mkdtemp(prefix="cohp-pairs-"))
    gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        path = packed(map(shelf.folder, names), kind, folder, people=people)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileResponse(path, filename=path.name, background=gone)


@router.get("/runs/{run}/events", response_class=StreamingResponse)
def events(
    run: str,
    here: Here,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> Response:
    """Stream a run's events from the first, or those after `after` or Last-Event-ID.

    The stream ends when nobody works on the run any more; 204 says that there is nothing more.
    """
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit():
        after = int(last_event_id)
    here.desk.shelf.folder(run)
    if here.desk.ticket(run) is None and here.desk.shelf.course(run).count <= after:
        return Response(status_code=204)
    source = stream.text(stream.events(here.desk, run, after))
    return StreamingResponse(source, 200, {"Cache-Control": "no-store"}, "text/event-stream")


@router.get("/runs/{run}/images/{file}", response_class=FileResponse)
def image(run: str, file: str, here: Here) -> FileResponse:
    """Return an image, a PNG with its recipe inside, by the name that a run gives it."""
    return FileResponse(here.desk.shelf.image(run, file), 200, FOREVER, "image/png")


@router.get("/runs/{run}/report", response_class=HTMLResponse)
def report(run: str, here: Here) -> HTMLResponse:
    """Return the whole run, as far as it has come, on one page that loads nothing."""
    return HTMLResponse(page(story(RunFolder(here.desk.shelf.folder(run)))), 200, SANDBOX)
