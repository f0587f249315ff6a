"""Serving the app over HTTP until someone asks to stop."""

from __future__ import annotations

import logging
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI

from cohp.server.watch import Lines

# Seconds that open connections are given once the last batch is done.
PATIENCE = 30


class Server(uvicorn.Server):
    """Closes the desk at the first signal, so that streams end and waiting clients are told."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop before the next batch; a second Ctrl-C stops at once."""
        self._app.state.house.desk.shut()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until a signal says to stop."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    for name in ("cohp.server", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        # Nobody stands before this server unless told so, and what a client says of itself is not
        # believed.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=PATIENCE,
        h11_max_incomplete_event_size=64 * 1024,
    )
    Server(config, app).run()
