"""``o3d-paint render``: the labelled cloud as a picture or a film, without a window."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.opened import (
    PaintedOnlyOption,
    ProjectArgument,
    SceneOption,
    fully_labelled,
    open_project,
)
from o3d_paint.cli.options import QuietOption, reads_scene
from o3d_paint.cli.outputs import OverwriteOption, ask_before_overwriting
from o3d_paint.cli.terminal import progress_of, say

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


@reads_scene
def render(
    project: ProjectArgument,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="File to write: .png, .mp4 or .gif."),
    ],
    size: Annotated[str, typer.Option(metavar="WxH", help="Of the picture, in pixels.")] = (
        "1280x800"
    ),
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="For one turn.")] = 6.0,
    fps: Annotated[int, typer.Option(min=1, max=120, help="Pictures per second.")] = 24,
    color_by: Annotated[
        str, typer.Option("--color-by", metavar="label|photo", help="Colours of the points.")
    ] = "label",
    cut: Annotated[
        bool, typer.Option(help="Open rooms from above, where the photos were taken inside.")
    ] = True,
    legend: Annotated[bool, typer.Option(help="Name the classes below.")] = True,
    painted_only: PaintedOnlyOption = False,
    scene: SceneOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    *,
    options: LoadOptions,
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
    ask_before_overwriting([output], overwrite=overwrite)
    wishes = RenderOptions(
        size=_size(size),
        seconds=seconds,
        fps=fps,
        color_by=color_by,  # type: ignore[arg-type]
        cut=cut,
        legend=legend,
    )
    opened = open_project(project, scene=scene, options=options, quiet=quiet)
    labelled = fully_labelled(opened, painted_only=painted_only, quiet=quiet)
    with progress_of("Drawing", quiet=quiet) as told:
        write_turntable(labelled, output, wishes, inputs=opened.inputs, progress=told)
    say(f"wrote {output} ({human_size(output.stat().st_size)})", quiet=quiet)


def _size(text: str) -> tuple[int, int]:
    """Return width and height from ``1280x800``."""
    match = re.fullmatch(r"([0-9]{2,4})[x×]([0-9]{2,4})", text.strip().lower())
    if match is None or not all(16 <= int(side) <= 8192 for side in match.groups()):
        msg = f"--size must be width and height such as 1280x800, got {text!r}"
        raise typer.BadParameter(msg)
    return int(match[1]), int(match[2])
