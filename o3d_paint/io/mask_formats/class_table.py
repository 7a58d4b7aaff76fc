"""The class list beside masks, under one of the names that tools give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.class_entry import is_empty_name, is_void_name
from o3d_paint.io.class_file import parse_class_file
from o3d_paint.io.mask_formats.color_table import BLACK
from o3d_paint.io.mask_formats.files import MaskFiles, parent_of
from o3d_paint.io.mask_formats.mask_set import VOID

__all__ = ["TABLE_NAMES", "ClassTable", "class_table"]

TABLE_NAMES = (
    "classes.json",
    "labelmap.txt",
    "_classes.csv",  # Roboflow
    "class_names.txt",  # labelme's converters
    "class_dict.csv",  # CamVid
    "label_colors.txt",  # CamVid
    "classes.csv",
    "classes.txt",
    "labels.txt",
)
"""This program's own comes first."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassTable:
    """What a list beside masks says about their ids.

    Attributes:
        names: Class names by id.
        colors: sRGB by id, `VOID` included.
        shift: How much higher ids are than the file's numbers: 1 where it has a class 0.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    colors: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)
    shift: int = 0


def class_table(files: MaskFiles, folder: str) -> ClassTable:
    """Return the list in a folder or the nearest one around it; empty where there is none.

    Raises:
        FormatError: It is malformed.
    """
    known = set(files.names)
    while True:
        for name in TABLE_NAMES:
            path = f"{folder}/{name}" if folder else name
            if path in known:
                return _parsed(files, path)
        if not folder:
            return ClassTable()
        folder = parent_of(folder)


def _parsed(files: MaskFiles, path: str) -> ClassTable:
    where = str(files.where(path))
    entries = parse_class_file(files.read(path).read(), where).entries
    numbers: list[int] = []
    for entry in entries:
        number = max(numbers, default=0) + 1 if entry.number is None else entry.number
        if number > MAX_CLASS_ID:
            msg = (
                f"{where}: class {entry.name!r} is {number}: class ids go from 0 to {MAX_CLASS_ID}"
            )
            raise FormatError(msg)
        numbers.append(number)
    numbered = list(zip(numbers, entries, strict=True))
    shift = int(any(n == 0 and not is_empty_name(e.name, n) for n, e in numbered))
    names: dict[int, str] = {}
    colors: dict[int, tuple[int, int, int]] = {}
    for number, entry in numbered:
        if is_empty_name(entry.name, number):
            class_id = 0
        elif number < 0 or is_void_name(entry.name, number):
            class_id = VOID
        else:
            class_id = number + shift
        if number >= 0 and number + shift > 0:
            names[number + shift] = entry.name
        if entry.color is not None and (class_id or entry.color != BLACK):
            if not all(0 <= v <= 255 for v in entry.color):
                msg = f"{where}: the colour {entry.color} of {entry.name!r} is beyond 0 to 255"
                raise FormatError(msg)
            colors[class_id] = entry.color
    return ClassTable(names, colors, shift)
