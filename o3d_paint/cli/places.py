"""Places that are written to: looked at before anything long is begun."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from o3d_paint.plain_text import printable

__all__ = [
    "STDOUT",
    "WRITING",
    "OverwriteOption",
    "ask_before_filling",
    "ask_before_overwriting",
    "check_place",
    "is_read_in",
    "refuse_one_for_two",
    "refuse_stdout",
]

WRITING = "What to write"
"""Heading of the options about what is written."""

OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        "-y",
        help="Replace files that are there already, without asking.",
        rich_help_panel=WRITING,
    ),
]


STDOUT = Path("-")
"""Stands for standard output where a file is asked for."""


def ask_before_overwriting(files: Sequence[Path], *, overwrite: bool) -> None:
    """Let the user decide about files that are there already.

    Where nobody can be asked they are kept: a script says --overwrite.

    Raises:
        StorageError: Nobody can be asked.
        typer.Exit: The answer is no.
    """
    from o3d_paint.errors import StorageError

    present = [f for f in dict.fromkeys(files) if f.exists() and not _is_nowhere(f)]
    if overwrite or not present:
        return
    names = ", ".join(str(f) for f in present[:4]) + (" …" if len(present) > 4 else "")
    verb = "is" if len(present) == 1 else "are"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        msg = f"{names} {verb} there already: add --overwrite (-y), or choose another name"
        raise StorageError(msg)
    if not typer.confirm(printable(f"{names} {verb} there already. Replace?"), err=True):
        typer.echo("Nothing was written.", err=True)
        raise typer.Exit(1)


def _is_nowhere(file: Path) -> bool:
    return os.path.realpath(file) == os.path.realpath(os.devnull)


def ask_before_filling(folder: Path, *, overwrite: bool) -> None:
    """Let the user decide about a folder that has something in it already.

    Raises:
        StorageError: Nobody can be asked, or it belongs to a project.
        typer.Exit: The answer is no.
    """
    from o3d_paint.io.project_folders import refuse_inside_project

    refuse_stdout(folder, "several files are")
    refuse_inside_project(folder)
    is_filled = folder.is_dir() and any(folder.iterdir())
    ask_before_overwriting([folder] if is_filled else [], overwrite=overwrite)


def check_place(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse a file that cannot be written where it is wanted."""
    from o3d_paint.errors import StorageError
    from o3d_paint.io.project_folders import refuse_inside_project
    from o3d_paint.io.store import refuse_devices, refuse_overwriting

    refuse_overwriting(path, inputs)
    refuse_inside_project(path)
    if path.is_dir():
        msg = f"{path} is a folder that is there already: remove it or choose another name"
        raise StorageError(msg)
    if not path.parent.is_dir():
        msg = f"cannot write {path}: there is no folder {path.parent}, make it first"
        raise StorageError(msg)
    refuse_devices(path)


def refuse_stdout(path: Path, what: str) -> None:
    """Refuse ``-`` for a place that is written to in more than one go.

    Args:
        path: What was typed.
        what: What is not written there, with its verb, as the middle of a sentence.

    Raises:
        StorageError: It is ``-``.
    """
    from o3d_paint.errors import StorageError

    if path == STDOUT:
        msg = f"- is the standard output, and {what} not written there: name a place"
        raise StorageError(msg)


def is_read_in(file: Path, folder: Path) -> bool:
    """Return whether a file is there already and lies within a folder that is read."""
    return folder.is_dir() and file.exists() and file.resolve().is_relative_to(folder.resolve())


def refuse_one_for_two(files: Sequence[Path], companions: Sequence[Path]) -> None:
    """Refuse a file that two things would be written to, one over the other.

    Args:
        files: What was named.
        companions: What formats write beside them; those of two files may be one.
    """
    from o3d_paint.errors import StorageError
    from o3d_paint.io.store import is_same_place

    for i, path in enumerate(files):
        if any(is_same_place(path, other) for other in (*files[:i], *companions)):
            msg = f"{path} would be written twice, one over the other: give each a name of its own"
            raise StorageError(msg)
