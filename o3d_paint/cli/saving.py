"""``fuse --save``: what was fused as a project that everything opens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.places import (
    WRITING,
    ask_before_overwriting,
    refuse_one_for_two,
    refuse_stdout,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from o3d_paint.cli.answer import Answer
    from o3d_paint.core.scene import Scene
    from o3d_paint.fusion.settings import FusionSettings
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.project.paint_sources import Paint
    from o3d_paint.project.pipeline import FuseResult
    from o3d_paint.project.project import Project

__all__ = ["SaveOption", "check_save", "save_result"]

SaveOption = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="DIR",
        help="Write masks and result as a project, such as scene.o3dpaint, which the window and all"
        " commands open.",
        rich_help_panel=WRITING,
    ),
]


def check_save(
    folder: Path | None, *, inputs: Sequence[Path | None], outputs: Sequence[Path], overwrite: bool
) -> None:
    """Refuse a project that could not be written in the end, and ask before one is replaced.

    Raises:
        PaintError: It cannot be written there, or another output has its name.
    """
    if folder is None:
        return
    from o3d_paint.project.saving import check_project_folder

    refuse_stdout(folder, "a project is")
    refuse_one_for_two([folder], outputs)
    is_there = check_project_folder(folder, inputs=[p for p in inputs if p is not None])
    ask_before_overwriting([folder] if is_there else [], overwrite=overwrite)


def save_result(
    folder: Path,
    result: FuseResult,
    paint: Paint,
    answer: Answer,
    *,
    scene: Scene,
    settings: FusionSettings,
    options: LoadOptions,
    scene_path: Path,
    masks_read: Sequence[Path],
    work: Project | None,
) -> None:
    """Write what was fused as a project, and say so.

    Args:
        folder: Looked at by `check_save`.
        result: Of the paint.
        paint: What was fused.
        answer: Says what is written.
        scene: As its file has it.
        settings: As they were given.
        options: How the scene was read.
        scene_path: Of the scene.
        masks_read: Where masks came from.
        work: The project whose paint is part of it.

    Raises:
        PaintError: It cannot be written.
    """
    from o3d_paint.project.from_masks import MASKS_READ, noted_sources
    from o3d_paint.project.result_project import project_of_result
    from o3d_paint.project.saving import save_project

    kept = {} if work is None else dict(work.settings)
    noted = noted_sources(kept.get(MASKS_READ), masks_read)
    if noted is not None:
        kept[MASKS_READ] = noted
    project = project_of_result(result, scene, paint, settings=settings, kept=kept)
    # The threshold of the article is part of the settings and not of the scene.
    reading = replace(options, conf_thresh=None) if settings.method == "article" else options
    save_project(project, folder, scene_path=scene_path, options=reading, replace=True)
    answer.note(project.notes)
    answer.say(f"saved the project {folder}")
