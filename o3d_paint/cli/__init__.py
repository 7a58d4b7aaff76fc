"""The command ``o3d-paint``. Everything heavy is imported inside the commands that need it."""

from __future__ import annotations

from typing import Annotated

import typer

from o3d_paint import __version__
from o3d_paint.cli.convert import convert
from o3d_paint.cli.demo import demo
from o3d_paint.cli.doctor import doctor
from o3d_paint.cli.evaluate import evaluate
from o3d_paint.cli.export import export
from o3d_paint.cli.fuse import fuse
from o3d_paint.cli.group import SceneFirstGroup
from o3d_paint.cli.info import info
from o3d_paint.cli.masks import masks
from o3d_paint.cli.open import open_window
from o3d_paint.cli.recover import recover
from o3d_paint.cli.render import render
from o3d_paint.cli.review import review
from o3d_paint.cli.stats import stats
from o3d_paint.cli.taxonomies import taxonomies
from o3d_paint.cli.terminal import tell_of_plugins

__all__ = ["app", "main"]

app = typer.Typer(
    cls=SceneFirstGroup,
    name="o3d-paint",
    help=(
        "Paint photos, watch the 3D scene become labelled.\n\n"
        "[bold]o3d-paint scene.npz[/] opens a window; the commands below work without one."
    ),
    epilog="Example: o3d-paint reconstruction_data.npz",
    rich_markup_mode="rich",
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command("open")(open_window)
app.command("demo")(demo)
app.command("info")(info)
app.command("import")(convert)
app.command("fuse")(fuse)
app.command("export")(export)
app.command("masks")(masks)
app.command("stats")(stats)
app.command("eval")(evaluate)
app.command("review")(review)
app.command("render")(render)
app.command("taxonomies")(taxonomies)
app.command("recover")(recover)
app.command("doctor")(doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"o3d-paint {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Run before every command."""


def main() -> None:
    """Run the command line."""
    tell_of_plugins()
    app()
