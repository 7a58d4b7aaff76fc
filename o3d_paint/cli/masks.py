"""``o3d-paint masks``: a mask for every photo, painted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.opened import (
    FolderOption,
    PaintedOnlyOption,
    ProjectArgument,
    SceneOption,
    fully_labelled,
    open_project,
)
from o3d_paint.cli.options import SCENE_OPTIONS, load_options
from o3d_paint.cli.places import (
    WRITING,
    OverwriteOption,
    ask_before_filling,
    ask_before_overwriting,
    refuse_stdout,
)
from o3d_paint.cli.shared import taking
from o3d_paint.cli.without_effect import without_effect

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


# Here --format is that of the masks.
_SceneFormatOption = Annotated[
    str | None,
    typer.Option("--scene-format", help="Force the scene's format instead of looking at it."),
]
_OPTIONS = {**SCENE_OPTIONS, "format_name": (_SceneFormatOption, None)}


@taking("options", _OPTIONS, load_options)
@answers("masks")
def masks(
    project: ProjectArgument,
    output: FolderOption,
    mask_format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="png|coco|cvat|yolo",
            help="png: an indexed PNG a photo. coco: run lengths in JSON. cvat: «Segmentation"
            " mask 1.1» to import. yolo: polygons with photos and data.yaml, every fifth"
            " photo for validation.",
            rich_help_panel=WRITING,
        ),
    ] = "png",
    keep_paint: Annotated[
        bool,
        typer.Option(
            "--keep-paint",
            help="Where a photo is painted, write the paint itself.",
            rich_help_panel=WRITING,
        ),
    ] = False,
    photos: Annotated[
        bool,
        typer.Option(
            "--photos",
            help="Write the photos as well; yolo always does.",
            rich_help_panel=WRITING,
        ),
    ] = False,
    min_region: Annotated[
        int | None,
        typer.Option(
            "--min-region",
            metavar="PIXELS",
            min=0,
            show_default=False,
            help="yolo: leave out regions of fewer pixels, which a network would take for"
            " objects. One in 20,000 of the photo's if not given.",
            rich_help_panel=WRITING,
        ),
    ] = None,
    painted_only: PaintedOnlyOption = False,
    scene: SceneOption = None,
    overwrite: OverwriteOption = False,
    *,
    options: LoadOptions,
    answer: Answer,
) -> None:
    """Draw the labels of the cloud into every photo: a training set.

    Example: o3d-paint masks scene.o3dpaint -o masks --format coco
    """
    from o3d_paint.io.mask_exporters import MASK_WRITERS, check_mask_target, write_masks

    if mask_format not in MASK_WRITERS:
        msg = f"--format must be one of {', '.join(MASK_WRITERS)}, got {mask_format!r}"
        raise typer.BadParameter(msg)
    refuse_stdout(output, "masks are")
    check_mask_target(output, mask_format)
    answer.check(inputs=[project], outputs=[output], overwrite=overwrite)
    if output.is_dir() or not output.suffix:
        ask_before_filling(output, overwrite=overwrite)
    else:
        ask_before_overwriting([output], overwrite=overwrite)
        if photos and mask_format == "coco":
            ask_before_filling(output.parent / "images", overwrite=overwrite)
    is_yolo = mask_format == "yolo"
    answer.note(
        without_effect(
            {"--min-region": min_region is not None and not is_yolo}, "but with --format yolo"
        )
        + without_effect({"--photos": photos and is_yolo}, "on yolo, which always has the photos")
    )
    opened = open_project(project, scene=scene, options=options, answer=answer)
    check_mask_target(output, mask_format, opened.project.masks_read)
    unpainted = keep_paint and not opened.project.painted_frames
    answer.note(without_effect({"--keep-paint": unpainted}, "where no photo is painted"))
    labelled = fully_labelled(opened, painted_only=painted_only, answer=answer)
    with answer.progress("Masks") as told:
        done = write_masks(
            labelled,
            output,
            mask_format,
            painted=opened.project.masks if keep_paint else None,
            photos=photos,
            min_region=min_region,
            inputs=opened.inputs,
            masks_read=opened.project.masks_read,
            progress=told,
        )
    answer.note(done.notes)
    count = len(opened.scene.frames)
    answer.say(f"wrote masks of {count} photos ({MASK_WRITERS[mask_format].title}): {output}")
    answer.finish(
        {
            "project": str(project),
            "format": mask_format,
            "photos": count,
            "outputs": [str(path) for path in done.paths],
        }
    )
