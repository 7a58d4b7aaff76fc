"""``o3d-paint review``: painted photos as pictures to look through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from o3d_paint.cli.opened import (
    FolderOption,
    ProjectArgument,
    SceneOption,
    ask_before_filling,
    open_project,
)
from o3d_paint.cli.options import QuietOption, reads_scene
from o3d_paint.cli.outputs import OverwriteOption
from o3d_paint.cli.terminal import progress_of, say

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


@reads_scene
def review(
    project: ProjectArgument,
    output: FolderOption,
    scene: SceneOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    *,
    options: LoadOptions,
) -> None:
    """Draw photo, classes and both over each other for every painted photo, and all on a sheet.

    Example: o3d-paint review scene.o3dpaint -o review
    """
    from o3d_paint.io.review import write_review

    ask_before_filling(output, overwrite=overwrite)
    opened = open_project(project, scene=scene, options=options, quiet=quiet)
    work = opened.project
    with progress_of("Review", quiet=quiet) as told:
        paths = write_review(
            opened.scene,
            work.masks,
            work.taxonomy,
            output,
            inputs=opened.inputs,
            progress=told,
        )
    say(f"wrote {len(paths) - 1} triptychs and {paths[-1]}", quiet=quiet)
