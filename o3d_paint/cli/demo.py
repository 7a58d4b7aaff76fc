"""``o3d-paint demo``: the sample scene, in the window or as files."""

from __future__ import annotations

import os
import platform
import shutil
from filecmp import cmp
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.places import (
    WRITING,
    OverwriteOption,
    ask_before_overwriting,
    refuse_stdout,
)
from o3d_paint.cli.summary import summary_lines
from o3d_paint.cli.terminal import quoted
from o3d_paint.cli.without_effect import without_effect

if TYPE_CHECKING:
    from o3d_paint.project.paint_sources import Paint
    from o3d_paint.project.pipeline import FuseResult

_PLY, _GLB, _PREVIEW = "demo_labelled.ply", "demo_labelled.glb", "demo_preview.png"
_SCENE, _STROKES, _PROJECT = "scene.npz", "strokes.json", "scene.o3dpaint"


@answers("demo")
def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Replay recorded strokes and write files instead.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            "--out",
            metavar="DIR",
            help="Where the files go; here if not given.",
            rich_help_panel=WRITING,
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    *,
    answer: Answer,
) -> None:
    """Open the sample scene; without a display, label it from recorded strokes.

    That leaves the scene, its project and the strokes, and says what to run next.

    Example: o3d-paint demo --headless -o results
    """
    from o3d_paint.io.sample import sample_scene_path

    has_display = platform.system() != "Linux" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if not headless and not has_display:
        answer.note(["There is no display, so recorded strokes are replayed instead."])
    is_replayed = headless or not has_display
    if is_replayed:
        answer.check(overwrite=overwrite)
    else:
        given = {"-o": out is not None, "--json": answer.json_file is not None}
        answer.note(without_effect(given, "in the window: they are for --headless"))
    with answer.progress("Making the sample scene") as told:
        told(0.0, "")
        scene = sample_scene_path()
    if is_replayed:
        _replay(scene, out if out is not None else Path(), answer, overwrite=overwrite)
        return
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.ui.app import run

    raise typer.Exit(run(scene, options=LoadOptions(), project=None))


def _replay(sample: Path, folder: Path, answer: Answer, *, overwrite: bool) -> None:
    """Label the sample scene from recorded strokes and say where the files are."""
    from o3d_paint.assets import asset
    from o3d_paint.io.exporters import export
    from o3d_paint.io.preview import write_preview
    from o3d_paint.io.scene import load_scene
    from o3d_paint.io.store import make_folder
    from o3d_paint.project.paint_sources import all_paint
    from o3d_paint.project.report import fuse_report

    refuse_stdout(folder, "several files are")
    make_folder(folder)
    _leave({folder / _SCENE: sample, folder / _STROKES: asset("strokes", "sample.json")}, overwrite)
    started = perf_counter()
    scene = load_scene(folder / _SCENE)
    paint = all_paint(scene, strokes=folder / _STROKES)
    with answer.progress("Fusing") as told:
        result = paint.fused(progress=told)
    paths = [folder / name for name in (_PLY, _GLB, _PREVIEW)]
    export(result.labelled, paths[0])
    export(result.labelled, paths[1])
    with answer.progress("Drawing") as told:
        told(0.5, "")
        write_preview(result.labelled, paths[2])
    _save(folder, result, paint, answer, overwrite=overwrite)
    report = fuse_report(result, seconds={"all": perf_counter() - started})
    answer.say(f"{len(paint.masks)} of {len(scene.frames)} photos painted by recorded strokes")
    for line in summary_lines(report):
        answer.say(line)
    commands = _commands(folder)
    answer.say("next, for example:")
    for command in commands:
        answer.say(f"  {command}")
    answer.say("files:")
    whole = [folder / _SCENE, folder / _STROKES, folder / _PROJECT, *paths]
    for path in whole:
        answer.show(str(path.resolve()))
    files = {"outputs": [str(p) for p in whole], "failed": [], "project": str(folder / _PROJECT)}
    answer.finish({**report, **files, "next": commands})


def _leave(files: dict[Path, Path], overwrite: bool) -> None:
    """Copy files to where a user can work with them; those of a user are asked for."""
    from o3d_paint.io.files import open_file
    from o3d_paint.io.store import replacing

    others = [t for t, s in files.items() if t.exists() and not (t.is_file() and cmp(s, t, False))]
    ask_before_overwriting(others, overwrite=overwrite)
    for target, source in files.items():
        if target.exists() and target not in others:
            continue
        with open_file(source) as opened, replacing(target) as file:
            shutil.copyfileobj(opened, file)


def _save(
    folder: Path,
    result: FuseResult,
    paint: Paint,
    answer: Answer,
    *,
    overwrite: bool,
) -> None:
    """Leave the project, unless one is there that somebody may have painted on."""
    from o3d_paint.fusion.settings import FusionSettings
    from o3d_paint.project.layout import is_project
    from o3d_paint.project.result_project import project_of_result
    from o3d_paint.project.saving import save_project

    place = folder / _PROJECT
    if is_project(place) and not overwrite:
        answer.note([f"{place} is there already and stays as it is; -y replaces it."])
        return
    project = project_of_result(result, paint.scene, paint, settings=FusionSettings())
    save_project(project, place, scene_path=folder / _SCENE, replace=True)


def _commands(folder: Path) -> list[str]:
    """Return what to run next, as it is typed from here."""
    scene, strokes, project, masks, cloud = (
        quoted(folder / name) for name in (_SCENE, _STROKES, _PROJECT, "masks", "out.ply")
    )
    return [
        f"o3d-paint stats {project}",
        f"o3d-paint masks {project} -o {masks}",
        f"o3d-paint fuse {scene} --strokes {strokes} -o {cloud}",
    ]
