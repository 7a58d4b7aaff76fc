"""``o3d-paint export``: a project's labels as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.options import QuietOption, reads_scene
from o3d_paint.cli.outputs import Outputs, writes_clouds
from o3d_paint.cli.terminal import note, progress_of

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


@reads_scene
@writes_clouds
def export(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Project folder, such as scene.o3dpaint.")
    ],
    scene: Annotated[
        Path | None,
        typer.Option("--scene", help="The scene, where it is no longer where it was painted."),
    ] = None,
    quiet: QuietOption = False,
    *,
    options: LoadOptions,
    outputs: Outputs,
) -> None:
    """Write the labels of a project: its paint, and the fused layer where it has one.

    Example: o3d-paint export scene.o3dpaint -o out.ply -o out.glb --only roof,walls
    """
    if not outputs.paths:
        msg = "give at least one file with -o"
        raise typer.BadParameter(msg)

    from o3d_paint.errors import ProjectError
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.report import labelled_scene
    from o3d_paint.project.scene_options import completed_options
    from o3d_paint.project.session import passed_over, read_project, scene_path_of

    if not (project / "project.json").is_file():
        msg = f"{project} is no project folder: it has no project.json"
        raise ProjectError(msg)
    source = scene if scene is not None else scene_path_of(project)
    note([] if scene is not None else passed_over(project, source), quiet=quiet)
    options = completed_options(options, project)
    outputs = outputs.reading(source, options.cloud)
    outputs.check()
    with progress_of("Reading", quiet=quiet) as told:
        loaded = load_scene(source, options, progress=told)
    with progress_of("Project", quiet=quiet):
        work, messages = read_project(project, loaded)
        labelled = labelled_scene(work)
    messages = tuple(f"{m[:1].upper()}{m[1:]}." for m in messages)
    if work.fused_shown and work.paint_is_newer:
        messages = (*messages, "Strokes that came after fusing have not spread: fuse once more.")
    note(messages, quiet=quiet)
    outputs.check_classes(labelled.taxonomy)
    outputs.write(labelled, quiet=quiet)
