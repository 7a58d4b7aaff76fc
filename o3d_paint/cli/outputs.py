"""Writing the files that ``-o`` names, checked before anything long is begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o3d_paint.cli.answer import Answer
from o3d_paint.cli.places import (
    WRITING,
    OverwriteOption,
    ask_before_overwriting,
    check_place,
    is_read_in,
    refuse_one_for_two,
    refuse_stdout,
)
from o3d_paint.cli.shared import taking
from o3d_paint.cli.without_effect import without_effect
from o3d_paint.cli.written_files import WrittenFiles

if TYPE_CHECKING:
    from o3d_paint.core.taxonomy import Taxonomy
    from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene

__all__ = [
    "Outputs",
    "writes_clouds",
]


OutputsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="File to write, its format by the ending: .ply, .glb, .npy (labels, with"
        " classes.json), .las … May be repeated.",
        rich_help_panel=WRITING,
    ),
]
ColorByOption = Annotated[
    str | None,
    typer.Option(
        "--color-by",
        metavar="photo|label",
        help="Colours of the points. If not given: photo in PLY, label in GLB.",
        rich_help_panel=WRITING,
    ),
]
ThumbnailsOption = Annotated[
    bool,
    typer.Option(
        "--thumbnails",
        help="Show the photos in the GLB's camera frustums.",
        rich_help_panel=WRITING,
    ),
]
OnlyOption = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar="CLASSES",
        help="Write the points of these classes only, names or numbers: roof,walls.",
        rich_help_panel=WRITING,
    ),
]
SplitOption = Annotated[
    bool,
    typer.Option(
        "--split",
        help="Write a file for each class: out_roof.ply, out_walls.ply …",
        rich_help_panel=WRITING,
    ),
]
DropOption = Annotated[
    bool,
    typer.Option(
        "--drop-unlabelled", help="Leave out points without a label.", rich_help_panel=WRITING
    ),
]
PointFormatOption = Annotated[
    int | None,
    typer.Option(
        "--point-format",
        metavar="6|7|8",
        help="Point format of a LAS or LAZ that --cloud came as: these hold classifications to 255,"
        " its own, if it is 0 to 5, to 31.",
        rich_help_panel=WRITING,
    ),
]

_OPTIONS: dict[str, tuple[Any, Any]] = {
    "output": (OutputsOption, None),
    "only": (OnlyOption, None),
    "split": (SplitOption, False),
    "drop_unlabelled": (DropOption, False),
    "color_by": (ColorByOption, None),
    "thumbnails": (ThumbnailsOption, False),
    "point_format": (PointFormatOption, None),
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
        folders: Folders of which every file is read.
    """

    paths: tuple[Path, ...]
    only: tuple[str, ...]
    split: bool
    drop_unlabelled: bool
    overwrite: bool
    options: ExportOptions
    folders: tuple[Path, ...] = ()

    def reading(self, *inputs: Path | str | None, folders: Sequence[Path | None] = ()) -> Outputs:
        """Return the outputs with what must never be written over.

        Args:
            inputs: Files.
            folders: Folders of which every file is read, or files.
        """
        known = [Path(p) for p in (*inputs, *folders) if p is not None]
        read = tuple(folder for folder in folders if folder is not None)
        mine = [f for p in self.paths for f in _files_of(p)]
        known += [file for file in mine if any(is_read_in(file, folder) for folder in read)]
        return replace(self, options=replace(self.options, inputs=tuple(known)), folders=read)

    def also_reading(self, sources: Sequence[str], answer: Answer) -> Outputs:
        """Return the outputs, and tell the answer, once it is known which files a scene has.

        Raises:
            StorageError: One of them would be written over.
        """
        from o3d_paint.io.store import refuse_overwriting

        answer.reads(sources)
        inputs = (*self.options.inputs, *map(Path, sources))
        for file in (f for path in self.paths for f in _files_of(path)):
            refuse_overwriting(file, inputs)
        return replace(self, options=replace(self.options, inputs=inputs))

    def check(self, answer: Answer) -> None:
        """Refuse what could not be written in the end, and ask before files are replaced.

        Args:
            answer: Is told what has no effect, and what is left out because a library is missing.

        Raises:
            PaintError: An ending is unknown, a folder missing, an input would be written over, or
                libraries are missing for every file.
        """
        from o3d_paint.errors import MissingExtraError
        from o3d_paint.io.exporters import require_libraries

        missing = []
        for path in self.paths:
            refuse_stdout(path, "clouds are")
            try:
                require_libraries(path)
            except MissingExtraError as error:
                missing.append(error)
        # Files for each class have names that only the classes tell: see check_classes.
        mine = [] if self.split else [f for p in self.paths for f in _files_of(p)]
        companions = [f for f in mine if f not in self.paths]
        refuse_one_for_two([*self.paths, *answer.files], companions)
        for path in (*self.paths, *mine):
            check_place(path, self.options.inputs)
        if missing and len(missing) == len(self.paths):
            raise missing[0]
        answer.check(
            inputs=self.options.inputs,
            outputs=mine,
            folders=self.folders,
            overwrite=self.overwrite,
        )
        ask_before_overwriting(mine, overwrite=self.overwrite)
        answer.note(f"{error}; the other files are written." for error in missing)
        answer.note(self._without_effect())

    def _without_effect(self) -> list[str]:
        """Return a sentence about each option that changes none of the files."""
        from o3d_paint.io.exporters import exporter_for, exporters

        given = {
            "color_by": self.options.color_by is not None,
            "thumbnails": self.options.thumbnails,
            "point_format": self.options.point_format is not None,
        }
        if not self.paths:
            return without_effect(
                {
                    "--only": bool(self.only),
                    "--split": self.split,
                    "--drop-unlabelled": self.drop_unlabelled,
                    **{f"--{name.replace('_', '-')}": is_given for name, is_given in given.items()},
                },
                "without a file to write: give one with -o",
            )
        notes: list[str] = []
        for name in (n for n, is_given in given.items() if is_given):
            if not any(name in exporter_for(p).uses for p in self.paths):
                able = ", ".join(e for e, found in exporters().items() if name in found.uses)
                option = f"--{name.replace('_', '-')}"
                notes += without_effect({option: True}, f"on these files: it works with {able}")
        if self.only and self.drop_unlabelled:
            notes += without_effect({"--drop-unlabelled": True}, "beside --only")
        return notes

    def check_classes(self, taxonomy: Taxonomy, answer: Answer) -> None:
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
        refuse_one_for_two([*dict.fromkeys(files), *answer.files], [])
        for file in files:
            check_place(file, self.options.inputs)
        ask_before_overwriting(files, overwrite=self.overwrite)

    def write(self, labelled: LabelledScene, answer: Answer) -> WrittenFiles:
        """Write every output that can be written, and say so.

        Raises:
            SceneError: No point is of the wanted classes.
        """
        from o3d_paint.io.exporters import export
        from o3d_paint.io.exporters.selection import exported_parts
        from o3d_paint.io.memory import human_size

        done = WrittenFiles()
        parts = exported_parts(
            labelled,
            self.paths,
            only=self.only,
            split=self.split,
            drop_unlabelled=self.drop_unlabelled,
        )
        for path, part in parts:
            with done.also(path):
                answer.note(export(part, path, self.options))
                size = "" if path.is_dir() else f" ({human_size(path.stat().st_size)})"
                answer.say(f"wrote {path}{size}")
        return done


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
    point_format: int | None,
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
    if point_format not in (None, 6, 7, 8):
        msg = f"--point-format must be 6, 7 or 8, got {point_format}"
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
        options=ExportOptions(
            color_by=color_by,  # type: ignore[arg-type]
            thumbnails=thumbnails,
            point_format=point_format,
        ),
    )


writes_clouds = taking("outputs", _OPTIONS, _outputs)
"""Gives a command every option about the files it writes, as ``outputs: Outputs``."""
