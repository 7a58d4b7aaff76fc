"""``o3d-paint fuse``: from masks to a label for every point, without a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.fusion_options import Given, ineffective, with_fusion_settings
from o3d_paint.cli.nothing_labelled import require_labels
from o3d_paint.cli.opened import scene_and_project
from o3d_paint.cli.options import SceneArgument, reads_scene
from o3d_paint.cli.outputs import Outputs, writes_clouds
from o3d_paint.cli.saving import SaveOption, check_save, save_result
from o3d_paint.cli.summary import summary_lines
from o3d_paint.cli.taxonomies import TaxonomyOption, chosen_taxonomy
from o3d_paint.cli.without_effect import without_effect

if TYPE_CHECKING:
    from o3d_paint.core.arrays import IdArray
    from o3d_paint.core.packed_masks import PackedMasks
    from o3d_paint.core.scene import Scene
    from o3d_paint.core.taxonomy import Taxonomy
    from o3d_paint.fusion.settings import FusionSettings
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.project.project import Project


_PAINT = "What is painted"


@reads_scene
@writes_clouds
@with_fusion_settings
@answers("fuse")
def fuse(
    scene: SceneArgument,
    masks: Annotated[
        Path | None,
        typer.Option(
            "--masks",
            metavar="PATH",
            help="Masks: folder of PNG or NPY named after photos or their numbers, COCO JSON …",
            rich_help_panel=_PAINT,
        ),
    ] = None,
    strokes: Annotated[
        Path | None,
        typer.Option(
            "--strokes",
            metavar="FILE",
            help="Recorded strokes (JSON of the kit).",
            rich_help_panel=_PAINT,
        ),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            metavar="DIR",
            help="Project folder whose paint is used; scene.o3dpaint beside the scene if neither"
            " masks nor strokes are given.",
            rich_help_panel=_PAINT,
        ),
    ] = None,
    taxonomy: TaxonomyOption = None,
    save: SaveOption = None,
    tune: Annotated[bool | None, typer.Option("--tune/--no-tune", hidden=True)] = None,
    *,
    options: LoadOptions,
    outputs: Outputs,
    given: Given,
    answer: Answer,
) -> None:
    """Label every point from painted photos.

    Example: o3d-paint fuse scene.npz --masks DIR -o out.ply -o out.glb --json report.json

    Example: o3d-paint fuse scene.npz --masks coco.json --save scene.o3dpaint
    """
    threshold = options.conf_thresh
    scene, project = _scene_and_project(scene, project, is_alone=masks is None and strokes is None)
    options = _remembered(options, project)
    # The article's threshold belongs to its own step; the scene's points keep theirs.
    is_article = given.get("method") == "article"
    reading = replace(options, conf_thresh=None) if is_article else options
    outputs = outputs.reading(scene, strokes, options.cloud, taxonomy, folders=[masks])
    _check(outputs, save, inputs=[scene, masks], answer=answer)

    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.pipeline import run_fuse
    from o3d_paint.project.report import fuse_report

    known = chosen_taxonomy(taxonomy)
    started = perf_counter()
    with answer.progress("Reading") as told:
        loaded = load_scene(scene, reading, progress=told)
    read = perf_counter()
    work = None if project is None else _read(project, loaded)
    settings = _settings(work[0] if work else None, given, threshold)
    if work is not None:
        loaded = replace(loaded, labels=work[0].ballots.imported)
    painted, classes, layer, notes = _paint(loaded, masks, strokes=strokes, work=work, known=known)
    notes += [*ineffective(settings, given), *_no_tuning(tune)]
    notes += without_effect({"--taxonomy": bool(taxonomy and work)}, "beside a project's classes")
    answer.note([*loaded.notes, *notes])
    outputs.check_classes(classes, answer)
    gathered = perf_counter()
    with answer.progress("Fusing") as told:
        result = run_fuse(loaded, painted, classes, settings, layer=layer, progress=told)
    answer.note(result.notes)
    require_labels(result, settings, options)
    fused = perf_counter()
    files = outputs.write(result.labelled, answer)
    if save is not None:
        with files.also(save):
            save_result(
                save, result, loaded, painted, layer=layer, settings=settings, options=options,
                scene_path=scene, masks_read=[p for p in (masks, strokes) if p is not None],
                opened=work[0] if work else None,
            )  # fmt: skip
            answer.say(f"saved the project {save}")
    seconds = {"load": read - started, "masks": gathered - read, **result.seconds}
    seconds["export"] = perf_counter() - fused
    report = {**fuse_report(result, seconds=seconds), **files.to_json()}
    report["project"] = str(save) if save in files.paths else None
    for line in summary_lines(report):
        answer.say(line)
    answer.finish(report)
    files.require_all()


def _check(
    outputs: Outputs, save: Path | None, *, inputs: list[Path | None], answer: Answer
) -> None:
    """Refuse what could not be written in the end, and say so where nothing would be."""
    outputs.check(answer)
    others = [*outputs.paths, *answer.files]
    check_save(save, inputs=inputs, outputs=others, overwrite=outputs.overwrite)
    if not outputs.paths and save is None:
        _tell_what_to_write(answer)


def _settings(work: Project | None, given: Given, threshold: float | None) -> FusionSettings:
    """Return how to fuse: as typed, else as in the project."""
    from o3d_paint.fusion.settings import FusionSettings

    settings = replace(FusionSettings() if work is None else work.fusion_settings, **given)
    if settings.method == "article" and threshold is not None:
        return replace(settings, conf_thresh=threshold)
    return settings


def _scene_and_project(
    given: Path, project: Path | None, *, is_alone: bool
) -> tuple[Path, Path | None]:
    """Return the scene, and the project whose paint counts.

    Args:
        given: The scene, or a project in its place.
        project: The project as it was named.
        is_alone: Whether nothing else says what is painted.

    Raises:
        typer.BadParameter: Nothing does, or two projects do.
    """
    scene, own = scene_and_project(given)
    if own is not None and project is not None:
        msg = f"{own} is a project itself: give either it or --project"
        raise typer.BadParameter(msg)
    chosen = own or project
    return scene, _project_beside(scene) if chosen is None and is_alone else chosen


def _tell_what_to_write(answer: Answer) -> None:
    """Say what could be written where nothing is.

    Raises:
        typer.BadParameter: Nothing is to be printed either.
    """
    what = "-o out.ply writes the labelled cloud, --save scene.o3dpaint a project"
    if answer.json_file is None and answer.is_quiet:
        msg = f"nothing is printed and nothing written: {what}, --json report.json the figures"
        raise typer.BadParameter(msg)
    if answer.json_file is None:
        answer.note([f"Labels are not written anywhere: {what}."])


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


def _paint(
    scene: Scene,
    masks: Path | None,
    *,
    strokes: Path | None,
    work: tuple[Project, list[str]] | None,
    known: Taxonomy | None,
) -> tuple[PackedMasks, Taxonomy, IdArray | None, list[str]]:
    """Return everything painted, later sources over earlier ones: project, masks, strokes."""
    import numpy as np

    from o3d_paint.core.packed_masks import PackedMasks
    from o3d_paint.io.mask_formats.mask_set import MaskSet, with_new_ids
    from o3d_paint.io.masks import joined, load_masks
    from o3d_paint.io.strokes import read_strokes, stroke_masks
    from o3d_paint.project.cloud_labels import classes_of, renumbered

    painted = PackedMasks()
    taxonomy, notes = known, list[str]()
    if scene.labels is not None:
        taxonomy = classes_of(scene, known)
        notes += renumbered(known, taxonomy)
    layer: IdArray | None = None
    if work is not None:
        opened, notes = work[0], list(work[1])
        painted = opened.masks
        # What is painted already keeps the names that it was painted with.
        taxonomy, layer = opened.taxonomy, opened.ballots.layer
    if masks is not None:
        found = load_masks(masks, scene, taxonomy)
        taxonomy = found.taxonomy
        notes += found.notes
        for i, mask in found.masks.items():
            painted[i] = np.where(mask > 0, mask, painted[i]) if i in painted else mask
    if strokes is not None:
        record = read_strokes(strokes)
        new_ids: dict[int, int] = {}
        if taxonomy is None:
            taxonomy = record.taxonomy()
        elif record.names:
            named = MaskSet("strokes", (), record.names)
            taxonomy, new_ids = joined(named, taxonomy, notes)
        for i, drawn in stroke_masks(record, scene).items():
            mask = with_new_ids(drawn, new_ids)
            painted[i] = np.where(mask > 0, mask, painted[i]) if i in painted else mask
    assert taxonomy is not None
    return painted, _complete(taxonomy, painted), layer, notes


def _complete(taxonomy: Taxonomy, painted: PackedMasks) -> Taxonomy:
    """Return the taxonomy with a class for every id that is painted."""
    used = {int(i) for mask in painted.all_packed().values() for i in mask.class_ids}
    return taxonomy.completed(used)
