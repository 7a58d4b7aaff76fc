"""``o3d-paint review``: painted photos as pictures to look through."""

from __future__ import annotations

from o3d_paint.cli.opened import FolderOption, ProjectArgument, SceneOption, open_project
from o3d_paint.cli.options import ImagesOption, MemoryLimitOption, QuietOption
from o3d_paint.cli.terminal import progress_of, say


def review(
    project: ProjectArgument,
    output: FolderOption,
    scene: SceneOption = None,
    images: ImagesOption = None,
    memory_limit: MemoryLimitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Draw photo, classes and both over each other for every painted photo, and all on a sheet.

    Example: o3d-paint review scene.o3dpaint -o review
    """
    from o3d_paint.io.review import write_review

    opened = open_project(
        project, scene=scene, images=images, memory_limit=memory_limit, quiet=quiet
    )
    work = opened.project
    with progress_of("Review", quiet=quiet) as told:
        paths = write_review(
            opened.scene,
            work.masks,
            work.taxonomy,
            output,
            inputs=[opened.scene_path],
            progress=told,
        )
    say(f"wrote {len(paths) - 1} triptychs and {paths[-1]}", quiet=quiet)
