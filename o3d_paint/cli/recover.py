"""``o3d-paint recover``: the last five states of a project, and back to one of them."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from o3d_paint.cli.terminal import note, print_json, say


def recover(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Project folder, such as scene.o3dpaint.")
    ],
    restore: Annotated[
        int | None, typer.Option("--restore", metavar="NUMBER", help="Put this state back.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """List the last five states of a project, or put one back.

    What was there before is kept as a state itself; what no state holds is said.

    Example: o3d-paint recover scene.o3dpaint --restore 12
    """
    from dataclasses import asdict

    from o3d_paint.project.states import list_states, restore_state

    if restore is not None:
        restored = restore_state(project, restore)
        state = restored.state
        if as_json:
            print_json({**asdict(state), "notes": list(restored.notes)})
            return
        say(f"restored state {state.number}, saved {state.saved}: {state.painted} painted photos")
        note(restored.notes)
        return
    states = list_states(project)
    if as_json:
        print_json([asdict(state) for state in states])
        return
    if not states:
        say(f"{project} has no earlier states yet: they are made by saving and closing")
    for state in states:
        what = state.problem or (
            f"{state.painted} painted photos, {len(state.classes)} classes"
            f"{', labels on points' if state.has_layer else ''}, {state.nbytes / 1000:.0f} kB"
        )
        say(f"{state.number:>6}  {state.saved[:19].replace('T', ' ') or '(unknown time)'}  {what}")
    if states:
        say(f"put one back with: o3d-paint recover {_quoted(project)} --restore NUMBER")


def _quoted(path: Path) -> str:
    """Return a path as a shell takes it; a name that begins with a dash is no option."""
    text = f"./{path}" if str(path).startswith("-") else str(path)
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)
