"""What a server is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cohp.engine import TOGETHER
from cohp.errors import BadInput

PORT = 8484
MIB = 1 << 20


@dataclass(frozen=True)
class Settings:
    """Where the runs are, who may ask, and how much is taken on."""

    runs: Path
    host: str = "127.0.0.1"
    port: int = PORT
    token: str | None = None
    # Runs at work at a time, and how many more may wait.
    together: int = TOGETHER
    room: int = 100
    # Images that one run may draw.
    most_images: int = 1000
    # Bytes of a request, and of one that carries images.
    most_text: int = MIB
    most_upload: int = 64 * MIB
    # Recipe keys that stand where a request leaves them open.
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise BadInput("A token is plain ASCII. Make one: openssl rand -hex 32")
        if not is_loopback(self.host) and not self.token:
            raise BadInput(
                f"Whoever reaches {self.host} could draw here. Set a token that they must know in "
                "COHP_TOKEN, or serve this machine alone with --host 127.0.0.1."
            )


def is_loopback(host: str) -> bool:
    """Tell whether a host name means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
