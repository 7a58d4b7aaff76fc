"""``o3d-paint import``: any scene as one NPZ file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.options import QuietOption, SceneArgument, reads_scene
from o3d_paint.cli.outputs import OverwriteOption, ask_before_overwriting, check_place
from o3d_paint.cli.terminal import note, progress_of, say

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


@reads_scene
def convert(
    scene: SceneArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The NPZ file to write.")
    ],
    photo_size: Annotated[
        int | None,
        typer.Option(
            "--photo-size",
            metavar="PIXELS",
            min=1,
            help="Make photos smaller whose longest side is larger. Kept as they are if not given.",
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    *,
    options: LoadOptions,
) -> None:
    """Convert a scene of any kind into one NPZ with everything in it, photos included.

    Example: o3d-paint import rgbd_folder -o scene.npz --depth-unit 1/5000
    """
    from o3d_paint.io.memory import human_size
    from o3d_paint.io.scene import load_scene
    from o3d_paint.io.scene_file import write_scene

    if output.suffix.lower() != ".npz":
        msg = f"-o must name a file that ends in .npz, got {str(output)!r}"
        raise typer.BadParameter(msg)
    inputs = [p for p in (scene, options.cloud) if p is not None]
    check_place(output, inputs)
    ask_before_overwriting([output], overwrite=overwrite)
    with progress_of("Reading", quiet=quiet) as told:
        loaded = load_scene(scene, options, progress=told)
    note(loaded.notes, quiet=quiet)
    with progress_of("Writing", quiet=quiet) as told:
        notes = write_scene(loaded, output, inputs=inputs, longest_side=photo_size, progress=told)
    note(notes, quiet=quiet)
    size = human_size(output.stat().st_size)
    points, photos = len(loaded.cloud), len(loaded.frames)
    say(f"wrote {output} ({size}): {points:,} points, {photos} photos", quiet=quiet)
