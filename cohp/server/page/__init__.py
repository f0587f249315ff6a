"""The page: plain files that load nothing from elsewhere, and a policy that holds them to it."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from starlette.routing import Route

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}


def _served() -> dict[str, str]:
    """Return the path of each file: the page's own is the root."""
    names = (each.name for each in files(__name__).iterdir())
    found = [name for name in names if name.endswith(tuple(KINDS))]
    return {"/" if name == "index.html" else f"/page/{name}": name for name in sorted(found)}


FILES = _served()


async def _send(request: Request) -> Response:
    name = FILES[request.url.path]
    kind = next(kind for ending, kind in KINDS.items() if name.endswith(ending))
    return Response(files(__name__).joinpath(name).read_bytes(), 200, HEADERS, kind)


router = APIRouter(routes=[Route(path, _send) for path in FILES])
