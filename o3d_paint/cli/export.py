"""``o3d-paint export``: a project's labels as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.opened import (
    ProjectArgument,
    SceneOption,
    numbers_without_effect,
    source_of,
)
from o3d_paint.cli.options import reads_scene
from o3d_paint.cli.outputs import Outputs, writes_clouds

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


@reads_scene
@writes_clouds
@answers("export")
def export(
    project: ProjectArgument,
    scene: SceneOption = None,
    *,
    options: LoadOptions,
    outputs: Outputs,
    answer: Answer,
) -> None:
    """Write the labels of a project: its paint, and the fused layer where it has one.

    Example: o3d-paint export scene.o3dpaint -o out.ply -o out.glb --only roof,walls
    """
    if not outputs.paths:
        msg = "give at least one file with -o"
        raise typer.BadParameter(msg)

    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.report import labelled_scene
    from o3d_paint.project.scene_options import completed_options
    from o3d_paint.project.session import read_project

    source = source_of(project, scene, answer)
    options = completed_options(options, project)
    outputs = outputs.reading(source, options.cloud)
    outputs.check(answer)
    with answer.progress("Reading") as told:
        loaded = load_scene(source, options, progress=told)
    outputs = outputs.also_reading(loaded.sources, answer)
    with answer.progress("Project"):
        work, messages = read_project(project, loaded)
        labelled = labelled_scene(work)
    messages = tuple(f"{m[:1].upper()}{m[1:]}." for m in messages)
    if work.fused_shown and work.paint_is_newer:
        messages = (*messages, "Strokes that came after fusing have not spread: fuse once more.")
    if not labelled.labels.any():
        messages = (*messages, "No point has a label.")
    elif work.fusion is None or not work.fused_shown:
        messages = (*messages, "Nothing is fused in the project: what is painted has labels.")
    answer.note([*messages, *numbers_without_effect(options, loaded)])
    outputs.check_classes(labelled.taxonomy, answer)
    files = outputs.write(labelled, answer)
    answer.finish(
        {
            "project": str(project),
            "file": str(source),
            "points": len(labelled.labels),
            "labelled": int((labelled.labels > 0).sum()),
            **files.to_json(),
        }
    )
    files.require_all()
