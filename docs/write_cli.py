"""Writes docs/cli.md from the commands' own help; `--check` says whether it is fresh."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from cohp.cli import main

PAGE = Path(__file__).with_name("cli.md")
HEAD = "# The command line\n\nWritten from the commands' own help by `make docs`.\n"


def page() -> str:
    """Return the page as it should be."""
    root = click.Context(main, info_name="cohp", max_content_width=92, terminal_width=92)
    return "\n".join([HEAD, *_sections("cohp", main, root)])


def _sections(title: str, command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the help of a command, and of the commands that are part of it."""
    yield _section(title, command, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                below = click.Context(inner, info_name=name, parent=context, terminal_width=92)
                yield from _sections(f"{title} {name}", inner, below)


def _section(title: str, command: click.Command, context: click.Context) -> str:
    return f"## {title}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    fresh = page()
    if "--check" not in sys.argv:
        PAGE.write_text(fresh, "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != fresh:
        sys.exit("docs/cli.md is not what the commands say; run `make docs`.")
