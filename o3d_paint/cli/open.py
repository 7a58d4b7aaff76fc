"""``o3d-paint [SCENE]``: the window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from o3d_paint.cli.options import (
    ConventionOption,
    FormatOption,
    ImagesOption,
    MemoryLimitOption,
    PercentileOption,
    ProjectOption,
    ThresholdOption,
    UpOption,
    load_options,
)


def open_window(
    scene: Annotated[
        Path | None,
        typer.Argument(metavar="SCENE", help="Scene file; without it the window offers some."),
    ] = None,
    project: ProjectOption = None,
    images: ImagesOption = None,
    convention: ConventionOption = None,
    up: UpOption = None,
    conf_thresh: ThresholdOption = None,
    confidence_percentile: PercentileOption = None,
    format_name: FormatOption = None,
    memory_limit: MemoryLimitOption = None,
) -> None:
    """Open a scene in a window and paint. The word open may be left out.

    Example: o3d-paint scene.npz
    """
    options = load_options(
        images=images,
        convention=convention,
        up=up,
        conf_thresh=conf_thresh,
        conf_percentile=confidence_percentile,
        format_name=format_name,
        memory_limit=memory_limit,
    )
    from o3d_paint.ui.app import run

    raise typer.Exit(run(scene, options=options, project=project))
