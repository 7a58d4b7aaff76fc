"""Writing the files that ``-o`` names, checked before anything long is begun."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o3d_paint.cli.shared import taking
from o3d_paint.cli.terminal import note, say
from o3d_paint.plain_text import printable

if TYPE_CHECKING:
    from o3d_paint.core.taxonomy import Taxonomy
    from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene

__all__ = ["Outputs", "OverwriteOption", "ask_before_overwriting", "check_place", "writes_clouds"]

_PANEL = "What to write"

OutputsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="File to write, its format by the ending: .ply, .glb, .npy (labels, with"
        " classes.json), .las … May be repeated.",
        rich_help_panel=_PANEL,
    ),
]
ColorByOption = Annotated[
    str | None,
    typer.Option(
        "--color-by",
        metavar="photo|label",
        help="Colours of the points. If not given: photo in PLY, label in GLB.",
        rich_help_panel=_PANEL,
    ),
]
ThumbnailsOption = Annotated[
    bool,
    typer.Option(
        "--thumbnails",
        help="Show the photos in the GLB's camera frustums.",
        rich_help_panel=_PANEL,
    ),
]
OnlyOption = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar="CLASSES",
        help="Write the points of these classes only, names or numbers: roof,walls.",
        rich_help_panel=_PANEL,
    ),
]
SplitOption = Annotated[
    bool,
    typer.Option(
        "--split",
        help="Write a file for each class: out_roof.ply, out_walls.ply …",
        rich_help_panel=_PANEL,
    ),
]
DropOption = Annotated[
    bool,
    typer.Option(
        "--drop-unlabelled", help="Leave out points without a label.", rich_help_panel=_PANEL
    ),
]
OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        "-y",
        help="Replace files that are there already, without asking.",
        rich_help_panel=_PANEL,
    ),
]

_OPTIONS: dict[str, tuple[Any, Any]] = {
    "output": (OutputsOption, None),
    "only": (OnlyOption, None),
    "split": (SplitOption, False),
    "drop_unlabelled": (DropOption, False),
    "color_by": (ColorByOption, None),
    "thumbnails": (ThumbnailsOption, False),
    "overwrite": (OverwriteOption, False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The files to write, and which points go into them.

    Attributes:
        paths: As typed.
        only: Names or numbers of classes; empty takes all.
        split: Whether each class gets a file of its own.
        drop_unlabelled: Whether points without a label are left out.
        overwrite: Whether files that are there are replaced without asking.
        options: For the exporters.
    """

    paths: tuple[Path, ...]
    only: tuple[str, ...]
    split: bool
    drop_unlabelled: bool
    overwrite: bool
    options: ExportOptions

    def reading(self, *inputs: Path | str | None) -> Outputs:
        """Return the outputs with files that must never be written over."""
        known = tuple(Path(p) for p in inputs if p is not None)
        return replace(self, options=replace(self.options, inputs=known))

    def check(self, *others: Path | None) -> None:
        """Refuse what could not be written in the end, and ask before files are replaced.

        Args:
            others: Further files that the command writes.

        Raises:
            PaintError: An ending is unknown, a folder missing, or an input would be written over.
        """
        from o3d_paint.io.exporters import exporter_for

        for path in self.paths:
            exporter_for(path)
        known = [p for p in others if p is not None]
        # Files for each class have names that only the classes tell: see check_classes.
        mine = [] if self.split else [f for p in self.paths for f in _files_of(p)]
        companions = [f for f in mine if f not in self.paths]
        _refuse_one_for_two([*self.paths, *known], companions)
        for path in (*self.paths, *mine, *known):
            check_place(path, self.options.inputs)
        ask_before_overwriting([*mine, *known], overwrite=self.overwrite)

    def check_classes(self, taxonomy: Taxonomy) -> None:
        """Refuse classes that are not there; with ``split``, ask before files are replaced.

        Raises:
            TaxonomyError: There is no class of a name.
        """
        from o3d_paint.io.exporters.selection import class_ids_of, split_names

        ids = class_ids_of(self.only, taxonomy) if self.only else [c.class_id for c in taxonomy]
        if not self.split:
            return
        wanted = [*ids] if self.only or self.drop_unlabelled else [0, *ids]
        named = [split_names(path, taxonomy) for path in self.paths]
        paths = [names[i] for names in named for i in wanted]
        files = [f for p in paths for f in _files_of(p)]
        for file in files:
            check_place(file, self.options.inputs)
        ask_before_overwriting(files, overwrite=self.overwrite)

    def write(self, labelled: LabelledScene, *, quiet: bool) -> list[Path]:
        """Write every output, say so, and return the files.

        Raises:
            SceneError: No point is of the wanted classes.
            StorageError: A file cannot be written.
        """
        from o3d_paint.io.exporters import export
        from o3d_paint.io.memory import human_size

        written = []
        for path, part in self._parts(labelled):
            note(export(part, path, self.options), quiet=quiet)
            size = "" if path.is_dir() else f" ({human_size(path.stat().st_size)})"
            say(f"wrote {path}{size}", quiet=quiet)
            written.append(path)
        return written

    def _parts(self, labelled: LabelledScene) -> list[tuple[Path, LabelledScene]]:
        """Return what goes into which file."""
        from o3d_paint.errors import SceneError
        from o3d_paint.io.exporters import selection

        part = labelled
        if self.only:
            ids = selection.class_ids_of(self.only, labelled.taxonomy)
            part = selection.only_classes(part, ids)
        elif self.drop_unlabelled:
            part = selection.without_unlabelled(part)
        if self.paths and not len(part.labels):
            wanted = f"of class {', '.join(self.only)}" if self.only else "labelled"
            msg = f"no point is {wanted}, so there is nothing to write: paint some first"
            raise SceneError(msg)
        if not self.split:
            return [(path, part) for path in self.paths]
        return [
            (target, selection.only_classes(part, [class_id]))
            for path in self.paths
            for class_id, target in selection.split_paths(part, path).items()
        ]


def ask_before_overwriting(files: Sequence[Path], *, overwrite: bool) -> None:
    """Let the user decide about files that are there already.

    Where nobody can be asked they are kept: a script says --overwrite.

    Raises:
        StorageError: Nobody can be asked.
        typer.Exit: The answer is no.
    """
    from o3d_paint.errors import StorageError

    present = [f for f in dict.fromkeys(files) if f.exists()]
    if overwrite or not present:
        return
    names = ", ".join(str(f) for f in present[:4]) + (" …" if len(present) > 4 else "")
    verb = "is" if len(present) == 1 else "are"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        msg = f"{names} {verb} there already: add --overwrite (-y), or choose another name"
        raise StorageError(msg)
    if not typer.confirm(printable(f"{names} {verb} there already. Replace?"), err=True):
        typer.echo("Nothing was written.", err=True)
        raise typer.Exit(1)


def check_place(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse a file that cannot be written where it is wanted."""
    from o3d_paint.errors import StorageError
    from o3d_paint.io.store import refuse_overwriting

    refuse_overwriting(path, inputs)
    if path.is_dir():
        msg = f"{path} is a folder that is there already: remove it or choose another name"
        raise StorageError(msg)
    if not path.parent.is_dir():
        msg = f"cannot write {path}: there is no folder {path.parent}, make it first"
        raise StorageError(msg)


def _refuse_one_for_two(files: Sequence[Path], companions: Sequence[Path]) -> None:
    """Refuse a file that two things would be written to, one over the other.

    Args:
        files: What was named.
        companions: What formats write beside them; those of two files may be one.
    """
    from o3d_paint.errors import StorageError
    from o3d_paint.io.store import is_same_place

    for i, path in enumerate(files):
        if any(is_same_place(path, other) for other in (*files[:i], *companions)):
            msg = f"{path} would be written twice, one over the other: give each a name of its own"
            raise StorageError(msg)


def _files_of(path: Path) -> list[Path]:
    """Return a file and those that its format writes beside it."""
    from o3d_paint.io.exporters.kitti import kitti_companions

    beside = {".npy": [path.with_name("classes.json")], ".label": [*kitti_companions(path)]}
    return [path, *beside.get(path.suffix.lower(), [])]


def _outputs(
    *,
    output: list[Path] | None,
    only: str | None,
    split: bool,
    drop_unlabelled: bool,
    color_by: str | None,
    thumbnails: bool,
    overwrite: bool,
) -> Outputs:
    """Return the outputs from what was typed.

    Raises:
        typer.BadParameter: Something typed makes no sense.
    """
    from o3d_paint.io.exporters.labelled import ExportOptions

    if color_by not in (None, "photo", "label"):
        msg = f"--color-by must be photo or label, got {color_by!r}"
        raise typer.BadParameter(msg)
    names = tuple(n.strip() for n in (only or "").split(",") if n.strip())
    if only is not None and not names:
        msg = "--only must name classes, such as roof,walls"
        raise typer.BadParameter(msg)
    return Outputs(
        paths=tuple(output or ()),
        only=names,
        split=split,
        drop_unlabelled=drop_unlabelled,
        overwrite=overwrite,
        options=ExportOptions(color_by=color_by, thumbnails=thumbnails),  # type: ignore[arg-type]
    )


writes_clouds = taking("outputs", _OPTIONS, _outputs)
"""Gives a command every option about the files it writes, as ``outputs: Outputs``."""
