"""``o3d-paint fuse``: from masks to a label for every point, without a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.fusion_options import Given, ineffective, with_fusion_settings
from o3d_paint.cli.options import QuietOption, SceneArgument, reads_scene
from o3d_paint.cli.outputs import Outputs, writes_clouds
from o3d_paint.cli.summary import print_summary
from o3d_paint.cli.taxonomies import TaxonomyOption, chosen_list
from o3d_paint.cli.terminal import note, progress_of

if TYPE_CHECKING:
    from o3d_paint.core.scene import Scene
    from o3d_paint.fusion.settings import FusionSettings
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.project.paint_sources import MaskChoices
    from o3d_paint.project.project import Project


@reads_scene
@writes_clouds
@with_fusion_settings
def fuse(
    scene: SceneArgument,
    masks: Annotated[
        Path | None,
        typer.Option(
            "--masks",
            metavar="PATH",
            help="Masks: folder or ZIP of PNG, NPY or JSON named after photos or their numbers,"
            " COCO JSON …",
        ),
    ] = None,
    strokes: Annotated[
        Path | None,
        typer.Option("--strokes", metavar="FILE", help="Recorded strokes (JSON of the kit)."),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            metavar="DIR",
            help="Project folder whose paint is used; scene.o3dpaint beside the scene if neither"
            " masks nor strokes are given.",
        ),
    ] = None,
    taxonomy: TaxonomyOption = None,
    background: Annotated[
        bool | None,
        typer.Option(
            "--background/--no-background",
            help="Whether what masks leave empty is of none of their classes and stays unlabelled,"
            " or merely not painted. The former if they show a single class.",
            show_default=False,
        ),
    ] = None,
    tune: Annotated[bool | None, typer.Option("--tune/--no-tune", hidden=True)] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the report: coverage, classes, times."),
    ] = None,
    quiet: QuietOption = False,
    *,
    options: LoadOptions,
    outputs: Outputs,
    given: Given,
) -> None:
    """Label every point from painted photos.

    Example: o3d-paint fuse scene.npz --masks DIR -o out.ply -o out.glb --json report.json
    """
    threshold = options.conf_thresh
    if masks is None and strokes is None and project is None:
        project = _project_beside(scene)
    options = _remembered(options, project)
    # The article's threshold belongs to its own step; the scene's points keep theirs.
    is_article = given.get("method") == "article"
    reading = replace(options, conf_thresh=None) if is_article else options
    outputs = outputs.reading(scene, strokes, masks, options.cloud, taxonomy)
    outputs.check(json_file)

    from o3d_paint.io.scene import load_scene
    from o3d_paint.io.store import write_json
    from o3d_paint.project.paint_sources import all_paint
    from o3d_paint.project.report import fuse_report

    known = chosen_list(taxonomy)
    started = perf_counter()
    with progress_of("Reading", quiet=quiet) as told:
        loaded = load_scene(scene, reading, progress=told)
    read = perf_counter()
    work = None if project is None else _read(project, loaded)
    settings = _settings(work[0] if work else None, given, threshold)
    paint = all_paint(
        loaded,
        class_list=known,
        project=work[0] if work else None,
        masks=masks,
        strokes=strokes,
        choices=_choices(options, background, settings.method),
    )
    notes = [*(work[1] if work else ()), *paint.notes]
    notes += [*ineffective(settings, given), *_no_tuning(tune)]
    note([*loaded.notes, *notes], quiet=quiet)
    outputs.check_classes(paint.taxonomy)
    gathered = perf_counter()
    with progress_of("Fusing", quiet=quiet) as told:
        result = paint.fused(settings, progress=told)
    note(result.notes, quiet=quiet)
    fused = perf_counter()
    files = outputs.write(result.labelled, quiet=quiet)
    seconds = {"load": read - started, "masks": gathered - read, **result.seconds}
    seconds["export"] = perf_counter() - fused
    report = fuse_report(result, seconds=seconds, outputs=files)
    report["notes"] += notes
    if json_file is not None:
        write_json(json_file, report, inputs=outputs.options.inputs)
    print_summary(report, quiet=quiet)


def _project_beside(scene: Path) -> Path:
    """Return the folder of the scene's usual project.

    Raises:
        typer.BadParameter: There is none.
    """
    from o3d_paint.project.layout import project_folder

    folder = project_folder(scene)[0]
    if not (folder / "project.json").is_file():
        msg = "give --masks, --strokes or --project: what is painted"
        raise typer.BadParameter(msg)
    return folder


def _remembered(options: LoadOptions, project: Path | None) -> LoadOptions:
    """Return the options with what the project remembers of its scene."""
    from o3d_paint.project.scene_options import completed_options

    return options if project is None else completed_options(options, project)


def _settings(work: Project | None, given: Given, threshold: float | None) -> FusionSettings:
    """Return how to fuse: as typed, else as in the project."""
    from o3d_paint.fusion.settings import FusionSettings

    settings = replace(FusionSettings() if work is None else work.fusion_settings, **given)
    if settings.method == "article" and threshold is not None:
        return replace(settings, conf_thresh=threshold)
    return settings


def _no_tuning(tune: bool | None) -> list[str]:
    """Return what there is to say of an option that earlier versions had."""
    if tune is None:
        return []
    flag = "--tune" if tune else "--no-tune"
    return [f"{flag} has no effect any more: weights are no longer chosen by leaving photos out."]


def _read(folder: Path, scene: Scene) -> tuple[Project, list[str]]:
    """Return the work in a project folder, and what there is to say about it."""
    from o3d_paint.errors import ProjectError
    from o3d_paint.project.session import read_project

    if not (folder / "project.json").is_file():
        msg = f"{folder} is no project folder: it has no project.json"
        raise ProjectError(msg)
    work, messages = read_project(folder, scene)
    return work, [f"{m[:1].upper()}{m[1:]}." for m in messages]


def _choices(options: LoadOptions, background: bool | None, method: str | None) -> MaskChoices:
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
