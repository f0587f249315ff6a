"""`cohp export`: what runs decided, in the formats that others read."""

from __future__ import annotations

import click

from cohp.commands.lazy import LazyGroup

COMMANDS = {"pairs": "Write preference pairs that a reward can be trained from."}


@click.group(cls=LazyGroup, package="cohp.commands.export", listed=COMMANDS)
def export() -> None:
    """Write what runs decided in the formats that others read."""
