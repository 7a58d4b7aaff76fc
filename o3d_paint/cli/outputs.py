"""Writing the files that ``-o`` names, checked before anything long is begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.terminal import say

if TYPE_CHECKING:
    from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene

__all__ = [
    "ColorByOption",
    "OutputsOption",
    "ThumbnailsOption",
    "check_outputs",
    "export_options",
    "write_outputs",
]

OutputsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="File to write, its format by the ending: .ply, .glb, .npy (labels, with"
        " classes.json), .las … May be repeated.",
    ),
]
ColorByOption = Annotated[
    str | None,
    typer.Option(
        "--color-by",
        metavar="photo|label",
        help="Colours of the points. If not given: photo in PLY, label in GLB.",
    ),
]
ThumbnailsOption = Annotated[
    bool, typer.Option("--thumbnails", help="Show the photos in the GLB's camera frustums.")
]


def export_options(
    *, color_by: str | None, thumbnails: bool, inputs: Sequence[Path | None]
) -> ExportOptions:
    """Return the options of the exporters.

    Raises:
        typer.BadParameter: Something typed makes no sense.
    """
    from o3d_paint.io.exporters.labelled import ExportOptions

    if color_by not in (None, "photo", "label"):
        msg = f"--color-by must be photo or label, got {color_by!r}"
        raise typer.BadParameter(msg)
    return ExportOptions(
        color_by=color_by,  # type: ignore[arg-type]
        thumbnails=thumbnails,
        inputs=tuple(p for p in inputs if p is not None),
    )


def check_outputs(outputs: Sequence[Path], options: ExportOptions) -> None:
    """Refuse outputs that could not be written in the end.

    Raises:
        PaintError: An ending is unknown, a folder missing, or an input would be written over.
    """
    from o3d_paint.errors import StorageError
    from o3d_paint.io.exporters import exporter_for
    from o3d_paint.io.store import refuse_overwriting

    for path in outputs:
        exporter_for(path)
        refuse_overwriting(path, options.inputs)
        if not path.parent.is_dir():
            msg = f"cannot write {path}: there is no folder {path.parent}, make it first"
            raise StorageError(msg)


def write_outputs(
    labelled: LabelledScene, outputs: Sequence[Path], options: ExportOptions, *, quiet: bool
) -> None:
    """Write every output and say so.

    Raises:
        StorageError: One cannot be written.
    """
    from o3d_paint.io.exporters import export
    from o3d_paint.io.memory import human_size

    for path in outputs:
        export(labelled, path, options)
        say(f"wrote {path} ({human_size(path.stat().st_size)})", quiet=quiet)
