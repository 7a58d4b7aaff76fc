"""``o3d-paint demo``: the sample scene, in the window or as files."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.summary import summary_lines

_PLY, _GLB, _PREVIEW = "demo_labelled.ply", "demo_labelled.glb", "demo_preview.png"


@answers("demo")
def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Replay recorded strokes and write files instead.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", "--out", metavar="DIR", help="Where the files go; here if not given."
        ),
    ] = None,
    *,
    answer: Answer,
) -> None:
    """Open the sample scene; without a display, label it from recorded strokes.

    Example: o3d-paint demo --headless --out results
    """
    from o3d_paint.io.sample import sample_scene_path

    has_display = platform.system() != "Linux" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if not headless and not has_display:
        answer.note(["There is no display, so recorded strokes are replayed instead."])
    with answer.progress("Making the sample scene") as told:
        told(0.0, "")
        scene = sample_scene_path()
    if headless or not has_display:
        _replay(scene, out if out is not None else Path.cwd(), answer)
        return
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.ui.app import run

    raise typer.Exit(run(scene, options=LoadOptions(), project=None))


def _replay(scene_path: Path, folder: Path, answer: Answer) -> None:
    """Label the sample scene from recorded strokes and say where the files are."""
    from o3d_paint.assets import asset
    from o3d_paint.io.exporters import export
    from o3d_paint.io.preview import write_preview
    from o3d_paint.io.scene import load_scene
    from o3d_paint.io.store import make_folder
    from o3d_paint.io.strokes import read_strokes, stroke_masks
    from o3d_paint.project.pipeline import run_fuse
    from o3d_paint.project.report import fuse_report

    make_folder(folder)
    started = perf_counter()
    scene = load_scene(scene_path)
    record = read_strokes(asset("strokes", "sample.json"))
    masks = stroke_masks(record, scene)
    with answer.progress("Fusing") as told:
        result = run_fuse(scene, masks, record.taxonomy(), progress=told)
    paths = [folder / name for name in (_PLY, _GLB, _PREVIEW)]
    export(result.labelled, paths[0])
    export(result.labelled, paths[1])
    with answer.progress("Drawing") as told:
        told(0.5, "")
        write_preview(result.labelled, paths[2])
    seconds = {"all": perf_counter() - started}
    report = fuse_report(result, seconds=seconds)
    answer.say(f"{len(masks)} of {len(scene.frames)} photos painted by recorded strokes")
    for line in summary_lines(report):
        answer.say(line)
    for path in paths:
        answer.show(str(path.resolve()))
    answer.finish({**report, "outputs": [str(p) for p in paths]})
