"""Groups of commands that are imported when they are called, and listed without it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Commands of a package, a module each; `listed` says what each does, for the help."""

    def __init__(self, *args: Any, package: str, listed: Mapping[str, str], **more: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **more)
        self._package = package
        self._listed = listed

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return sorted(self._listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in self._listed:
            return None
        module = import_module(f"{self._package}.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._listed[name]) for name in sorted(self._listed)])
