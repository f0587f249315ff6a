"""What goes wrong, as clients see it: a status and one sentence, in the shape OpenAI's have."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cohp import errors

# The most particular first; anything else is a fault of the server's.
STATUSES: dict[type[errors.CohpError], int] = {
    errors.NoSuchRun: 404,
    errors.RunNotFound: 404,
    errors.RunTrouble: 409,
    errors.QueueFull: 429,
    errors.Missing: 424,
    errors.BadInput: 422,
    errors.NothingScored: 422,
    errors.Interrupted: 503,
    errors.OutOfMemory: 503,
}
SENTENCES = {404: "There is nothing here. The routes are listed at /docs."}
# Where files are on the server is no client's business; what they are called is.
FOLDERS = re.compile(r"(?<![\w.:/~-])~?(?:/[\w.@+ -]*[\w.@+-])+/(?=[\w.@+-])")
BUSY = "Another process works on that run. Wait for it to end, or cancel it first."


TEXT = {"type": "string"}
PROBLEM = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": TEXT,
                "type": TEXT,
                "param": {"type": ["string", "null"]},
                "code": TEXT,
            },
        }
    },
}
# What the OpenAPI document says of every route: refusals are JSON, whatever else it answers with.
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": about, "content": {"application/json": {"schema": PROBLEM}}}
    for status, about in {
        "4XX": "What was asked for is refused, and why.",
        "5XX": "It cannot be done now.",
    }.items()
}


def install(app: FastAPI) -> None:
    """Have every error answered."""
    app.add_exception_handler(errors.CohpError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return one sentence with a status."""
    return JSONResponse(problem(status, sentence), status, headers)


def problem(status: int, sentence: str) -> dict[str, Any]:
    """Return the body of a refusal."""
    kind = "invalid_request_error" if status < 500 else "server_error"  # noqa: PLR2004 - HTTP's
    return {"error": {"message": sentence, "type": kind, "param": None, "code": str(status)}}


def said(error: BaseException) -> str:
    """Return the sentence of an error as clients may see it."""
    return FOLDERS.sub("", str(error))


def status_of(error: errors.CohpError) -> int:
    """Return the status that tells a client what kind of trouble there was."""
    return next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.CohpError):
        raise error
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, errors.QueueFull) else None
    sentence = BUSY if isinstance(error, errors.RunBusy) else said(error)
    return refusal(status_of(error), sentence, headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Name the first thing that is wrong; what was sent is not sent back."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "the body"
    return refusal(422, f"{place[:200]}: {first['msg'][:300]}.".encode(errors="replace").decode())


async def _http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    sentence = SENTENCES.get(error.status_code, f"{error.detail}.")
    return refusal(error.status_code, sentence, dict(error.headers or {}))


async def _fault(_: Request, __: Exception) -> JSONResponse:
    return refusal(500, "That is a fault of the server's. Its log has the request's id.")
