"""What commands print: progress on what takes over a second, tables, notes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from o3d_paint.plain_text import json_text, printable

__all__ = ["Told", "note", "print_json", "progress_of", "quoted", "say", "tell_of_plugins"]

_PATIENCE = 1.0
Told = Callable[[float, str], None]


@contextmanager
def progress_of(title: str, *, quiet: bool) -> Iterator[Told]:
    """Yield a function that is told share and stage; a bar appears after a second.

    It is drawn on the error stream, and only where that is a terminal.
    """
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    task = bar.add_task(title, total=1.0)
    started, shown = monotonic(), False

    def told(share: float, stage: str) -> None:
        nonlocal shown
        if quiet or not console.is_terminal:
            return
        if not shown and monotonic() - started > _PATIENCE:
            bar.start()
            shown = True
        text = f"{title}: {printable(stage)}" if stage else title
        bar.update(task, completed=share, description=text)

    try:
        yield told
    finally:
        if shown:
            bar.stop()


def say(text: str = "", *, mark: str = "", quiet: bool = False) -> None:
    """Print a line of the result.

    Args:
        text: May quote names of others.
        mark: Of the program itself, such as coloured words, to stand before it.
        quiet: Prints nothing.
    """
    if not quiet:
        typer.echo(mark + printable(text))


def note(sentences: Iterable[str], *, quiet: bool = False) -> None:
    """Print what was noticed, on the error stream, so that results can be piped."""
    if not quiet:
        for sentence in sentences:
            typer.secho(f"note: {printable(sentence)}", err=True, dim=True)


def quoted(path: Path) -> str:
    """Return a path as a shell takes it; a name that begins with a dash is no option."""
    text = f"./{path}" if str(path).startswith("-") else str(path)
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)


def tell_of_plugins() -> None:
    """Print warnings about plug-ins as notes, without the place in the source that warns."""
    usual = warnings.showwarning

    def shown(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        # Not imported for its name: what is behind it is slow to load, and most runs need it not.
        if category.__name__ == "PluginWarning":
            note([str(message)])
        elif not issubclass(category, RuntimeWarning):
            # NumPy's remarks on arithmetic quote our source; what is odd is told in our own words.
            usual(message, category, filename, lineno, file, line)

    warnings.showwarning = shown


def print_json(value: Any) -> None:
    """Print JSON."""
    typer.echo(json_text(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)))
