"""``o3d-paint fuse``: from masks to a label for every point, without a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.fuse_sources import (
    choices_of,
    named_sources,
    read_work,
    remembered_options,
    settings_of,
    unused_options,
)
from o3d_paint.cli.fusion_options import Given, ineffective, with_fusion_settings
from o3d_paint.cli.nothing_labelled import require_labels
from o3d_paint.cli.options import SceneArgument, reads_scene
from o3d_paint.cli.outputs import Outputs, writes_clouds
from o3d_paint.cli.saving import SaveOption, check_save, save_result
from o3d_paint.cli.summary import summary_lines
from o3d_paint.cli.taxonomies import TaxonomyOption, chosen_list

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions

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
            help="Masks: folder or ZIP of PNG, NPY or JSON named after photos or their numbers,"
            " COCO JSON …",
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
    background: Annotated[
        bool | None,
        typer.Option(
            "--background/--no-background",
            help="Whether what masks leave empty is of none of their classes and stays unlabelled,"
            " or merely not painted. The former if they show a single class.",
            show_default=False,
            rich_help_panel=_PAINT,
        ),
    ] = None,
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
    scene, project = named_sources(scene, project, is_alone=masks is None and strokes is None)
    options = remembered_options(options, project)
    # The article's threshold belongs to its own step; the scene's points keep theirs.
    reading = replace(options, conf_thresh=None) if given.get("method") == "article" else options
    outputs = outputs.reading(scene, strokes, options.cloud, taxonomy, folders=[masks])
    _check(outputs, save, inputs=[scene, masks], answer=answer)

    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.paint_sources import all_paint
    from o3d_paint.project.report import fuse_report

    known = chosen_list(taxonomy)
    started = perf_counter()
    with answer.progress("Reading") as told:
        loaded = load_scene(scene, reading, progress=told)
    read = perf_counter()
    outputs = outputs.also_reading(loaded.sources, answer)
    work, messages = read_work(project, loaded)
    settings = settings_of(work, given, threshold)
    paint = all_paint(
        loaded, class_list=known, project=work, masks=masks, strokes=strokes,
        choices=choices_of(options, background, settings.method),
    )  # fmt: skip
    answer.note([*loaded.notes, *messages, *paint.notes, *ineffective(settings, given)])
    has = {"has_masks": masks is not None, "has_labels": loaded.labels is not None}
    has |= {"taxonomy": bool(taxonomy and work), "is_article": settings.method == "article"}
    answer.note(unused_options(options, background=background, tune=tune, **has))
    outputs.check_classes(paint.taxonomy, answer)
    gathered = perf_counter()
    with answer.progress("Fusing") as told:
        result = paint.fused(settings, progress=told)
    answer.note(result.notes)
    require_labels(result, settings, options)
    fused = perf_counter()
    files = outputs.write(result.labelled, answer)
    if save is not None:
        with files.also(save):
            save_result(
                save, result, paint, answer, scene=loaded, settings=settings, options=options,
                scene_path=scene, masks_read=[p for p in (masks, strokes) if p], work=work,
            )  # fmt: skip
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
    """Refuse what could not be written in the end, and say so where nothing would be.

    Raises:
        PaintError: It could not be written.
        typer.BadParameter: Nothing is to be written or printed.
    """
    outputs.check(answer)
    others = [*outputs.paths, *answer.files]
    check_save(save, inputs=inputs, outputs=others, overwrite=outputs.overwrite)
    if outputs.paths or save is not None or answer.json_file is not None:
        return
    what = "-o out.ply writes the labelled cloud, --save scene.o3dpaint a project"
    if answer.is_quiet:
        msg = f"nothing is printed and nothing written: {what}, --json report.json the figures"
        raise typer.BadParameter(msg)
    answer.note([f"Labels are not written anywhere: {what}."])
