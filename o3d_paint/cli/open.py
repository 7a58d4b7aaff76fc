"""``o3d-paint [SCENE]``: the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.answer import QuietOption
from o3d_paint.cli.opened import scene_and_project
from o3d_paint.cli.options import ProjectOption, reads_scene
from o3d_paint.cli.taxonomies import TaxonomyOption, chosen_taxonomy
from o3d_paint.cli.terminal import note
from o3d_paint.cli.without_effect import without_effect

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


@reads_scene
def open_window(
    scene: Annotated[
        Path | None,
        typer.Argument(
            metavar="SCENE", help="Scene, or its project; without it the window offers some."
        ),
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
    quiet: QuietOption = False,
    *,
    options: LoadOptions,
) -> None:
    """Open a scene in a window and paint. The word open may be left out.

    Example: o3d-paint scene.npz
    """
    from o3d_paint.ui.app import run

    if scene is not None:
        scene, own = scene_and_project(scene)
        if own is not None and project is not None:
            msg = f"{own} is a project itself: give either it or --project"
            raise typer.BadParameter(msg)
        project = own or project
    classes = chosen_taxonomy(taxonomy)
    if scene is not None and taxonomy is not None:
        note(_taxonomy_without_effect(scene, project), quiet=quiet)
    raise typer.Exit(run(scene, options=options, project=project, classes=classes, regions=regions))


def _taxonomy_without_effect(scene: Path, project: Path | None) -> list[str]:
    """Return a sentence where the project that opens has its classes already."""
    from o3d_paint.project.layout import is_project, project_folder

    folder = project_folder(scene, project)[0]
    where = f"on the project {folder}, which has its classes: it is for projects that begin"
    return without_effect({"--taxonomy": is_project(folder)}, where)
