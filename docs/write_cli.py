"""Writes docs/cli.md from the commands' own help; `--check` says whether it is fresh."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cohp.cli import main

PAGE = Path(__file__).with_name("cli.md")
HEAD = "# The command line\n\nWritten from the commands' own help by `make docs`.\n"


def page() -> str:
    """Return the page as it should be."""
    root = click.Context(main, info_name="cohp", max_content_width=92, terminal_width=92)
    sections = [_section("cohp", main, root)]
    for name in main.list_commands(root):
        command = main.get_command(root, name)
        if command is not None:
            context = click.Context(command, info_name=name, parent=root, terminal_width=92)
            sections.append(_section(f"cohp {name}", command, context))
    return "\n".join([HEAD, *sections])


def _section(title: str, command: click.Command, context: click.Context) -> str:
    return f"## {title}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    fresh = page()
    if "--check" not in sys.argv:
        PAGE.write_text(fresh, "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != fresh:
        sys.exit("docs/cli.md is not what the commands say; run `make docs`.")
