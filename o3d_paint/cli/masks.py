"""``o3d-paint masks``: a mask for every photo, painted or not."""

from __future__ import annotations

from typing import Annotated

import typer

from o3d_paint.cli.opened import (
    FolderOption,
    PaintedOnlyOption,
    ProjectArgument,
    SceneOption,
    fully_labelled,
    open_project,
)
from o3d_paint.cli.options import ImagesOption, MemoryLimitOption, QuietOption
from o3d_paint.cli.terminal import note, progress_of, say


def masks(
    project: ProjectArgument,
    output: FolderOption,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="png|coco|cvat|yolo",
            help="png: an indexed PNG a photo. coco: run lengths in JSON. cvat: «Segmentation"
            " mask 1.1» to import. yolo: polygons with photos and data.yaml.",
        ),
    ] = "png",
    keep_paint: Annotated[
        bool,
        typer.Option("--keep-paint", help="Where a photo is painted, write the paint itself."),
    ] = False,
    photos: Annotated[
        bool, typer.Option("--photos", help="Write the photos as well; yolo always does.")
    ] = False,
    painted_only: PaintedOnlyOption = False,
    scene: SceneOption = None,
    images: ImagesOption = None,
    memory_limit: MemoryLimitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Draw the labels of the cloud into every photo: a training set.

    Example: o3d-paint masks scene.o3dpaint -o masks --format coco
    """
    from o3d_paint.io.mask_exporters import MASK_WRITERS, write_masks

    if format_name not in MASK_WRITERS:
        msg = f"--format must be one of {', '.join(MASK_WRITERS)}, got {format_name!r}"
        raise typer.BadParameter(msg)
    opened = open_project(
        project, scene=scene, images=images, memory_limit=memory_limit, quiet=quiet
    )
    labelled = fully_labelled(opened, painted_only=painted_only, quiet=quiet)
    with progress_of("Masks", quiet=quiet) as told:
        done = write_masks(
            labelled,
            output,
            format_name,
            painted=opened.project.masks if keep_paint else None,
            photos=photos,
            inputs=[opened.scene_path],
            progress=told,
        )
    note(done.notes, quiet=quiet)
    count = len(opened.scene.frames)
    say(f"wrote masks of {count} photos ({MASK_WRITERS[format_name].title}): {output}", quiet=quiet)
