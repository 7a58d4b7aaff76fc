"""``o3d-paint render``: the labelled cloud as a picture or a film, without a window."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.opened import (
    PaintedOnlyOption,
    ProjectArgument,
    SceneOption,
    fully_labelled,
    open_project,
)
from o3d_paint.cli.options import reads_scene
from o3d_paint.cli.places import WRITING, OverwriteOption, ask_before_overwriting, check_place
from o3d_paint.cli.without_effect import without_effect

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions

_LOOK = "How it looks"


@reads_scene
@answers("render")
def render(
    project: ProjectArgument,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="File to write: .png, .mp4 or .gif.",
            rich_help_panel=WRITING,
        ),
    ],
    size: Annotated[
        str, typer.Option(metavar="WxH", help="Of the picture, in pixels.", rich_help_panel=_LOOK)
    ] = "1280x800",
    seconds: Annotated[
        float | None,
        typer.Option(min=0.1, max=600, help="For one turn of a film: 6.", rich_help_panel=_LOOK),
    ] = None,
    fps: Annotated[
        int | None,
        typer.Option(
            min=1, max=120, help="Pictures per second of a film: 24.", rich_help_panel=_LOOK
        ),
    ] = None,
    color_by: Annotated[
        str,
        typer.Option(
            "--color-by",
            metavar="label|photo",
            help="Colours of the points.",
            rich_help_panel=_LOOK,
        ),
    ] = "label",
    cut: Annotated[
        bool,
        typer.Option(
            help="Open rooms from above, where the photos were taken inside.",
            rich_help_panel=_LOOK,
        ),
    ] = True,
    legend: Annotated[
        bool, typer.Option(help="Name the classes below.", rich_help_panel=_LOOK)
    ] = True,
    painted_only: PaintedOnlyOption = False,
    scene: SceneOption = None,
    overwrite: OverwriteOption = False,
    *,
    options: LoadOptions,
    answer: Answer,
) -> None:
    """Draw the labelled cloud; as a film it turns once around the axis that points up.

    Example: o3d-paint render scene.o3dpaint -o turntable.mp4
    """
    from o3d_paint.io.memory import human_size
    from o3d_paint.io.turntable import RENDER_ENDINGS, RenderOptions, write_turntable

    if output.suffix.lower() not in RENDER_ENDINGS:
        msg = f"-o must end in {', '.join(RENDER_ENDINGS)}, got {output.name!r}"
        raise typer.BadParameter(msg)
    if color_by not in ("label", "photo"):
        msg = f"--color-by must be label or photo, got {color_by!r}"
        raise typer.BadParameter(msg)
    check_place(output, [project])
    answer.check(inputs=[project], outputs=[output], overwrite=overwrite)
    ask_before_overwriting([output], overwrite=overwrite)
    if output.suffix.lower() == ".png":
        given = {"--seconds": seconds is not None, "--fps": fps is not None}
        answer.note(without_effect(given, "on a picture: they are for films, .mp4 and .gif"))
    plain = RenderOptions()
    wishes = RenderOptions(
        size=_size(size),
        seconds=plain.seconds if seconds is None else seconds,
        fps=plain.fps if fps is None else fps,
        color_by=color_by,  # type: ignore[arg-type]
        cut=cut,
        legend=legend,
    )
    opened = open_project(project, scene=scene, options=options, answer=answer)
    labelled = fully_labelled(opened, painted_only=painted_only, answer=answer)
    with answer.progress("Drawing") as told:
        write_turntable(labelled, output, wishes, inputs=opened.inputs, progress=told)
    nbytes = output.stat().st_size
    answer.say(f"wrote {output} ({human_size(nbytes)})")
    answer.finish({"project": str(project), "outputs": [str(output)], "bytes": nbytes})


def _size(text: str) -> tuple[int, int]:
    """Return width and height from ``1280x800``."""
    match = re.fullmatch(r"([0-9]{2,4})[x×]([0-9]{2,4})", text.strip().lower())
    if match is None or not all(16 <= int(side) <= 8192 for side in match.groups()):
        msg = f"--size must be width and height such as 1280x800, got {text!r}"
        raise typer.BadParameter(msg)
    return int(match[1]), int(match[2])
