"""What ``fuse`` is given: scene, project, masks, strokes, and how to fuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from o3d_paint.cli.opened import scene_and_project
from o3d_paint.cli.without_effect import without_effect

if TYPE_CHECKING:
    from o3d_paint.cli.fusion_options import Given
    from o3d_paint.core.scene import Scene
    from o3d_paint.fusion.settings import FusionSettings
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.project.paint_sources import MaskChoices
    from o3d_paint.project.project import Project

__all__ = [
    "choices_of",
    "named_sources",
    "read_work",
    "remembered_options",
    "settings_of",
    "unused_options",
]


def named_sources(given: Path, project: Path | None, *, is_alone: bool) -> tuple[Path, Path | None]:
    """Return the scene, and the project whose paint counts.

    Args:
        given: The scene, or a project in its place.
        project: The project as it was named.
        is_alone: Whether nothing else says what is painted.

    Raises:
        typer.BadParameter: Nothing does, or two projects do.
    """
    from o3d_paint.project.layout import is_project, project_folder

    scene, own = scene_and_project(given)
    if own is not None and project is not None:
        msg = f"{own} is a project itself: give either it or --project"
        raise typer.BadParameter(msg)
    chosen = own or project
    if chosen is None and is_alone:
        chosen = project_folder(scene)[0]
        if not is_project(chosen):
            msg = "give --masks, --strokes or --project: what is painted"
            raise typer.BadParameter(msg)
    return scene, chosen


def remembered_options(options: LoadOptions, project: Path | None) -> LoadOptions:
    """Return the options with what the project remembers of its scene."""
    from o3d_paint.project.scene_options import completed_options

    return options if project is None else completed_options(options, project)


def read_work(folder: Path | None, scene: Scene) -> tuple[Project | None, list[str]]:
    """Return the work in a project folder, and what there is to say about it.

    Raises:
        ProjectError: It is no project.
    """
    if folder is None:
        return None, []
    from o3d_paint.errors import ProjectError
    from o3d_paint.project.layout import is_project
    from o3d_paint.project.session import read_project

    if not is_project(folder):
        msg = f"{folder} is no project folder: it has no project.sqlite"
        raise ProjectError(msg)
    work, messages = read_project(folder, scene)
    return work, [f"{m[:1].upper()}{m[1:]}." for m in messages]


def settings_of(work: Project | None, given: Given, threshold: float | None) -> FusionSettings:
    """Return how to fuse: as typed, else as in the project."""
    from o3d_paint.fusion.settings import FusionSettings

    settings = replace(FusionSettings() if work is None else work.fusion_settings, **given)
    if settings.method == "article" and threshold is not None:
        return replace(settings, conf_thresh=threshold)
    return settings


def choices_of(options: LoadOptions, background: bool | None, method: str | None) -> MaskChoices:
    """Return what was said about masks.

    Raises:
        typer.BadParameter: It is not part of the article's method.
    """
    from o3d_paint.io.class_numbers import NumberRules
    from o3d_paint.project.paint_sources import MaskChoices

    if method == "article":
        if background:
            msg = "--background is not part of --method article: leave it out"
            raise typer.BadParameter(msg)
        background = False
    return MaskChoices(NumberRules(options.ignore, options.first_id), background)


def unused_options(
    options: LoadOptions,
    *,
    has_masks: bool,
    has_labels: bool,
    background: bool | None,
    taxonomy: bool,
    is_article: bool,
    tune: bool | None,
) -> list[str]:
    """Return a sentence about each option that changes nothing about these sources.

    Args:
        options: What was said about scene and masks.
        has_masks: Whether masks are read.
        has_labels: Whether the cloud comes with labels.
        background: As given.
        taxonomy: Whether a class list was given beside a project.
        is_article: Whether the published method is used, which has a threshold of its own.
        tune: As given.
    """
    has_numbers = has_masks or has_labels
    numbers = {
        "--ignore": bool(options.ignore) and not has_numbers,
        "--first-id": options.first_id is not None and not has_numbers,
    }
    named = {"--taxonomy": taxonomy}
    empty = {
        "--background": background is not None and not has_masks,
        "--turn-masks": options.turn_masks is not None and not has_masks,
    }
    notes = without_effect(named, "beside a project, whose classes hold")
    notes += without_effect(numbers, "without --masks, and a cloud without labels")
    notes += without_effect(empty, "without --masks")
    percentile = {"--confidence-percentile": is_article and options.conf_percentile is not None}
    notes += without_effect(
        percentile, "on which paint counts with --method article: --conf-thresh has"
    )
    if tune is not None:
        flag = "--tune" if tune else "--no-tune"
        why = "weights are no longer chosen by leaving photos out"
        notes.append(f"{flag} has no effect any more: {why}.")
    return notes
