"""``o3d-paint [SCENE]``: the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.options import ProjectOption, reads_scene
from o3d_paint.cli.taxonomies import TaxonomyOption, chosen_taxonomy

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


@reads_scene
def open_window(
    scene: Annotated[
        Path | None,
        typer.Argument(metavar="SCENE", help="Scene; without it the window offers some."),
    ] = None,
    project: ProjectOption = None,
    taxonomy: TaxonomyOption = None,
    regions: Annotated[
        Path | None,
        typer.Option(
            "--regions",
            metavar="PATH",
            help="Automatic masks of Segment Anything, whose regions a click gives a class.",
        ),
    ] = None,
    *,
    options: LoadOptions,
) -> None:
    """Open a scene in a window and paint. The word open may be left out.

    Example: o3d-paint scene.npz
    """
    from o3d_paint.ui.app import run

    classes = chosen_taxonomy(taxonomy)
    raise typer.Exit(run(scene, options=options, project=project, classes=classes, regions=regions))
