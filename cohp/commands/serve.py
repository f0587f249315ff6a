"""`cohp serve`: runs behind HTTP."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cohp.commands.options import Listed, reward_names
from cohp.commands.stopping import stop_after_batch
from cohp.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    from cohp.server.settings import Settings


@click.command()
@click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("cohp-runs"),
    show_default=True,
    help="The folder of the run folders.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8484, show_default=True, help="The port."
)
@click.option(
    "--token",
    envvar="COHP_TOKEN",
    show_envvar=True,
    metavar="TEXT",
    help="What clients must know; needed beyond this machine. Better in the variable.",
)
@click.option(
    "--together",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Runs worked on at a time.",
)
@click.option(
    "--queue",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="Runs that may wait; who comes then is told when to ask again.",
)
@click.option(
    "--most-images",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="Images that one run may draw.",
)
@click.option(
    "--models", type=Listed(), metavar="NAME,...", help="The candidates where none are named."
)
@click.option(
    "--reward",
    metavar="NAME",
    help="Who judges where nobody is named.",
    shell_complete=reward_names,
)
@click.option("--recipe", metavar="NAME|FILE", help="The recipe where none is named.")
@click.option(
    "--ray",
    is_flag=False,
    flag_value="",
    metavar="[ADDRESS]",
    help="Draw and judge on the Ray cluster at ADDRESS or in RAY_ADDRESS; without one, on all "
    "devices of this machine.",
)
@click.option(
    "--workers",
    metavar="N|MIN-MAX",
    help="With --ray: workers that draw, or the limits to scale between.  [default: all that fit]",
)
def serve(
    runs: Path,
    host: str,
    port: int,
    *,
    token: str | None,
    together: int,
    queue: int,
    most_images: int,
    models: list[str] | None,
    reward: str | None,
    recipe: str | None,
    ray: str | None,
    workers: str | None,
) -> None:
    """Serve runs over HTTP: our own routes, OpenAI's images API and A1111's.

    Runs are run folders: a server that was stopped or killed finishes them when it is started
    again. See docs/server.md.
    """
    if not all(find_spec(name) for name in ("fastapi", "uvicorn")):
        raise MissingExtra("cohp serve", "server")
    if ray is not None and find_spec("ray") is None:
        raise MissingExtra("cohp serve --ray", "ray")
    from cohp.server.settings import Settings  # noqa: PLC0415 - an extra

    defaults = {"models": models, "reward": reward, "recipe": recipe}
    settings = Settings(
        runs=runs,
        host=host,
        port=port,
        token=token or None,
        together=together,
        room=queue,
        most_images=most_images,
        defaults={name: each for name, each in defaults.items() if each},
    )
    if ray is not None:
        _on_ray(settings, ray or None, workers)
        return
    if workers:
        raise BadInput("--workers says how many draw on a cluster: give it with --ray.")
    from cohp.server.app import create_app  # noqa: PLC0415 - likewise
    from cohp.server.serving import serve as work  # noqa: PLC0415 - likewise

    click.echo(f"cohp serve: http://{host}:{port}", err=True)
    work(create_app(settings), host, port)


def _on_ray(settings: Settings, address: str | None, workers: str | None) -> None:
    """Serve on a cluster until a signal says to stop."""
    from cohp.server.on_ray import serving  # noqa: PLC0415 - an extra

    with stop_after_batch() as stop, serving(settings, address, workers):
        click.echo(f"cohp serve: http://{settings.host}:{settings.port}", err=True)
        stop.wait()
