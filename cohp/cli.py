"""The command line: finds a command, calls it, and turns errors into sentences and exit codes."""

from __future__ import annotations

import os
import sys
from typing import Any

import click
from click.shell_completion import add_completion_class

from cohp import errors
from cohp.commands.completing import WholeWords
from cohp.commands.lazy import LazyGroup

# What each command does, here so that the list of commands imports none of them.
COMMANDS = {
    "batch": "Search for the best image of each prompt of a file, many at once.",
    "bench": "Compare models, recipes and rewards on many prompts or pairs.",
    "compare": "Tell which of two images is preferred, and how surely.",
    "doctor": "Say what this machine has and what that allows.",
    "embed": "Write what a reward reads of images: its features.",
    "export": "Write what runs decided in the formats that others read.",
    "generate": "Search for the best image of a prompt.",
    "models": "List the models that have a short name, or describe one.",
    "rank": "Rank images that exist already, the best first.",
    "recipes": "List the recipes that have a name, or show one.",
    "replay": "Draw an image again from the recipe inside it.",
    "resume": "Go on with a run that was stopped, or extend it.",
    "rewards": "List the rewards that images can be judged by.",
    "score": "Score images that exist already.",
    "serve": "Serve runs over HTTP, to a page and to clients that exist already.",
    "show": "Tell how a run came to its best image, and why that one won.",
}

# The most particular first; anything else is a fault of ours and exits with 1.
EXIT_CODES: dict[type[errors.CohpError], int] = {
    errors.BadInput: 2,
    errors.Missing: 3,
    errors.RunTrouble: 4,
    errors.OutUnwritable: 4,
    errors.NothingScored: 5,
    errors.SomeUnscored: 5,
    errors.SomeFailed: 5,
    errors.OutOfMemory: 6,
    errors.Interrupted: 130,
    errors.Stopped: 130,
}


class Commands(LazyGroup):
    """The commands, and what becomes of their errors."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Call a command; every error CoHP raises on purpose is one sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except errors.CohpError as error:
            click.echo(f"cohp: {error}", err=True)
            sys.exit(exit_code(error))
        except KeyboardInterrupt:
            # The second Ctrl-C; a journal and a file of scores are whole after any kill.
            click.echo(
                "cohp: Stopped at once. Go on with: cohp resume RUN, or the same command.", err=True
            )
            sys.exit(EXIT_CODES[errors.Interrupted])


# Torch's threads spin while they wait; beside another busy process that made a run take ten
# times as long. Read once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
add_completion_class(WholeWords)


def exit_code(error: errors.CohpError) -> int:
    """Return the exit code that tells a script what kind of trouble there was."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


@click.group(
    cls=Commands,
    package="cohp.commands",
    listed=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 2 bad input, 3 something missing, 4 trouble with a run folder or "
    "an output file, 5 images that could not be scored or prompts that failed, 6 out of memory, "
    "130 stopped (resumable), "
    "1 anything else.",
)
@click.version_option(package_name="cohp", prog_name="cohp")
def main() -> None:
    """CoHP makes any text-to-image model show its best.

    It lets several models draw, has a human-preference reward judge the images, and refines
    the winner round by round.
    """
