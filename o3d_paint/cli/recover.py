"""``o3d-paint recover``: the last five states of a project, and back to one of them."""

from __future__ import annotations

from typing import Annotated

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.opened import ProjectArgument
from o3d_paint.cli.places import OverwriteOption
from o3d_paint.cli.terminal import quoted


@answers("recover")
def recover(
    project: ProjectArgument,
    restore: Annotated[
        int | None, typer.Option("--restore", metavar="NUMBER", help="Put this state back.")
    ] = None,
    overwrite: OverwriteOption = False,
    *,
    answer: Answer,
) -> None:
    """List the last five states of a project, or put one back.

    What was there before is kept as a state itself; what no state holds is said.

    Example: o3d-paint recover scene.o3dpaint --restore 12
    """
    from dataclasses import asdict

    from o3d_paint.project.states import list_states, restore_state

    answer.check(inputs=[project], overwrite=overwrite)
    if restore is not None:
        done = restore_state(project, restore)
        state = done.state
        saved, painted = state.saved, state.painted
        answer.say(f"restored state {state.number}, saved {saved}: {painted} painted photos")
        answer.note(done.notes)
        answer.finish({"project": str(project), "restored": asdict(state), "states": None})
        return
    states = list_states(project)
    found = [asdict(state) for state in states]
    answer.finish({"project": str(project), "restored": None, "states": found})
    if not states:
        answer.show(f"{project} has no earlier states yet: they are made by saving and closing")
    for state in states:
        what = state.problem or (
            f"{state.painted} painted photos, {len(state.classes)} classes"
            f"{', labels on points' if state.has_layer else ''}, {state.nbytes / 1000:.0f} kB"
        )
        answer.show(
            f"{state.number:>6}  {state.saved[:19].replace('T', ' ') or '(unknown time)'}  {what}"
        )
    if states:
        answer.show(f"put one back with: o3d-paint recover {quoted(project)} --restore NUMBER")
