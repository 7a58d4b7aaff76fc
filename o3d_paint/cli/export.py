"""``o3d-paint export``: a project's labels as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from o3d_paint.cli.options import (
    ImagesOption,
    MemoryLimitOption,
    QuietOption,
    load_options,
)
from o3d_paint.cli.outputs import (
    ColorByOption,
    OutputsOption,
    ThumbnailsOption,
    check_outputs,
    export_options,
    write_outputs,
)
from o3d_paint.cli.terminal import note, progress_of


def export(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Project folder, such as scene.o3dpaint.")
    ],
    output: OutputsOption = None,
    scene: Annotated[
        Path | None,
        typer.Option("--scene", help="The scene, where it is no longer where it was painted."),
    ] = None,
    color_by: ColorByOption = None,
    thumbnails: ThumbnailsOption = False,
    images: ImagesOption = None,
    memory_limit: MemoryLimitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write the labels of a project: its paint, and the fused layer where it has one.

    Example: o3d-paint export scene.o3dpaint -o out.ply -o out.glb
    """
    if not output:
        msg = "give at least one file with -o"
        raise typer.BadParameter(msg)

    from o3d_paint.errors import ProjectError
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.report import labelled_scene
    from o3d_paint.project.session import read_project, scene_path_of

    if not (project / "project.json").is_file():
        msg = f"{project} is no project folder: it has no project.json"
        raise ProjectError(msg)
    source = scene if scene is not None else scene_path_of(project)
    exports = export_options(color_by=color_by, thumbnails=thumbnails, inputs=[source])
    check_outputs(output, exports)
    with progress_of("Reading", quiet=quiet) as told:
        loaded = load_scene(
            source, load_options(images=images, memory_limit=memory_limit), progress=told
        )
    with progress_of("Project", quiet=quiet):
        work, messages = read_project(project, loaded)
        labelled = labelled_scene(work)
    note(messages, quiet=quiet)
    write_outputs(labelled, output, exports, quiet=quiet)
