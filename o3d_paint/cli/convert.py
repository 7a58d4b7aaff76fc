"""``o3d-paint import``: any scene as one NPZ file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.opened import numbers_without_effect, scene_and_project
from o3d_paint.cli.options import SceneArgument, reads_scene
from o3d_paint.cli.places import WRITING, OverwriteOption, ask_before_overwriting, check_place
from o3d_paint.cli.without_effect import without_effect

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _print_list(value: bool) -> None:
    """Print what is read and exit, before a scene is asked for."""
    if not value:
        return
    from o3d_paint.io.clouds.registry import CLOUD_FORMATS
    from o3d_paint.io.importers import importers
    from o3d_paint.io.mask_formats.registry import FOLDER_FORMATS, JSON_FORMATS

    scenes = importers()
    width = max(map(len, scenes))
    _say(["Scenes (--format NAME forces one):"])
    _say(f"  {name:<{width}}  {importer.title}" for name, importer in scenes.items())
    _say([f"Clouds (--cloud): {', '.join(CLOUD_FORMATS)}, laz, ptx, pts, xyz, csv"])
    masks = ", ".join(["pictures", "npy", "npz", *JSON_FORMATS, *FOLDER_FORMATS])
    _say([f"Masks (--masks): {masks}"])
    _say(["Program by program, with the way round where there is none: assets/docs/your-data.md"])
    raise typer.Exit


ListOption = Annotated[
    bool,
    typer.Option(
        "--list",
        callback=_print_list,
        is_eager=True,
        help="List what scenes, clouds and masks are read, and exit.",
    ),
]


@reads_scene
@answers("import")
def convert(
    scene: SceneArgument,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The NPZ file to write.",
            rich_help_panel=WRITING,
        ),
    ],
    photo_size: Annotated[
        int | None,
        typer.Option(
            "--photo-size",
            metavar="PIXELS",
            min=1,
            help="Make photos smaller whose longest side is larger. Kept as they are if not given.",
            rich_help_panel=WRITING,
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    _list: ListOption = False,
    *,
    options: LoadOptions,
    answer: Answer,
) -> None:
    """Convert a scene of any kind into one NPZ with everything in it, photos included.

    o3d-paint import --list says what can be read.

    Example: o3d-paint import rgbd_folder -o scene.npz --depth-unit 1/5000
    """
    from o3d_paint.io.memory import human_size
    from o3d_paint.io.scene import load_scene
    from o3d_paint.io.scene_file import write_scene
    from o3d_paint.project.scene_options import completed_options

    if output.suffix.lower() != ".npz":
        msg = f"-o must name a file that ends in .npz, got {str(output)!r}"
        raise typer.BadParameter(msg)
    source, project = scene_and_project(scene)
    if project is not None:
        options = completed_options(options, project)
        answer.note([f"{project} is a project: its scene is written, without what is painted."])
    inputs = [p for p in (source, options.cloud) if p is not None]
    check_place(output, inputs)
    answer.check(inputs=inputs, outputs=[output], overwrite=overwrite)
    ask_before_overwriting([output], overwrite=overwrite)
    with answer.progress("Reading") as told:
        loaded = load_scene(source, options, progress=told)
    answer.reads(loaded.sources)
    answer.note([*loaded.notes, *numbers_without_effect(options, loaded)])
    photos = [f.photo for f in loaded.frames]
    is_small = all(max(p.width, p.height) <= (photo_size or 0) for p in photos)
    given = {"--photo-size": photo_size is not None and is_small}
    answer.note(without_effect(given, "here: no photo is larger"))
    with answer.progress("Writing") as told:
        notes = write_scene(loaded, output, inputs=inputs, longest_side=photo_size, progress=told)
    answer.note(notes)
    nbytes = output.stat().st_size
    points, size = len(loaded.cloud), human_size(nbytes)
    answer.say(f"wrote {output} ({size}): {points:,} points, {len(photos)} photos")
    answer.finish(
        {
            "file": str(source),
            "outputs": [str(output)],
            "bytes": nbytes,
            "points": points,
            "photos": len(photos),
        }
    )
