"""``o3d-paint review``: painted photos as pictures to look through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.opened import FolderOption, ProjectArgument, SceneOption, open_project
from o3d_paint.cli.options import reads_scene
from o3d_paint.cli.places import OverwriteOption, ask_before_filling

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


@reads_scene
@answers("review")
def review(
    project: ProjectArgument,
    output: FolderOption,
    scene: SceneOption = None,
    overwrite: OverwriteOption = False,
    *,
    options: LoadOptions,
    answer: Answer,
) -> None:
    """Draw photo, classes and both over each other for every painted photo, and all on a sheet.

    Example: o3d-paint review scene.o3dpaint -o review
    """
    from o3d_paint.io.review import write_review

    answer.check(inputs=[project], outputs=[output], overwrite=overwrite)
    ask_before_filling(output, overwrite=overwrite)
    opened = open_project(project, scene=scene, options=options, answer=answer)
    work = opened.project
    with answer.progress("Review") as told:
        paths = write_review(
            opened.scene,
            work.masks,
            work.taxonomy,
            output,
            inputs=opened.inputs,
            progress=told,
        )
    answer.say(f"wrote {len(paths) - 1} triptychs and {paths[-1]}")
    answer.finish(
        {
            "project": str(project),
            "photos": len(paths) - 1,
            "outputs": [str(path) for path in paths],
        }
    )
