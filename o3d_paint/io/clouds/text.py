"""Clouds as text: a point a line, ``x y z`` with colours and a label behind, or named columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile, label_column, labels_from, rgb_from
from o3d_paint.io.files import open_text
from o3d_paint.io.memory import require_memory

__all__ = ["matches", "read"]

_MEMORY_FACTOR = 6
_SUFFIXES = (".xyz", ".txt", ".csv", ".asc", ".pts", ".xyzrgb")
_COLOR_NAMES = (("red", "green", "blue"), ("r", "g", "b"))
_COMMENTS = ("#", "//")
_MAX_HEADER = 1000
# Excel begins with a byte order mark.
_ENCODING = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class _Start:
    """What stands before the points: lines to skip, names of columns, and what separates them."""

    skip: int
    names: list[str]
    separator: str | None
    has_count: bool


def matches(path: Path) -> bool:
    """Return whether a name is of a text cloud; their content has no mark of its own."""
    return path.suffix.lower() in _SUFFIXES


def read(path: Path) -> CloudFile:
    """Read a text cloud; a first line may name the columns.

    Commas, semicolons, tabs or blanks separate; beside semicolons a comma is a decimal point.
    Without names, columns are x y z, then r g b where there are six or more, then the label; an
    intensity may stand before r g b, as in PTS and Semantic3D.

    Raises:
        FormatError: A line is not numbers, or lines differ in length.
        SceneError: It would not fit into memory.
    """
    require_memory(str(path), path.stat().st_size * _MEMORY_FACTOR)
    with open_text(path, encoding=_ENCODING) as file:
        start = _start(list(islice(iter(partial(file.readline, 1 << 16), ""), _MAX_HEADER)))
    values = _values(path, start)
    is_pts = start.has_count or path.suffix.lower() == ".pts"
    return _cloud(values, start.names or _default_names(values, is_pts=is_pts), path)


def _start(lines: list[str]) -> _Start:
    """Say where the points begin, and what the lines before them tell.

    The count of points may stand alone in a line, as PTS and CloudCompare have it.
    """
    names: list[str] = []
    has_count = False
    for number, line in enumerate(lines):
        text = line.strip()
        separator = next((s for s in ";," if s in text), None)
        words = [w.strip().strip('"') for w in text.lstrip("#/ ").split(separator)]
        are_axes = {"x", "y", "z"} <= {w.casefold() for w in words}
        is_comment = not text or text.startswith(_COMMENTS)
        if are_axes or not (is_comment or names or _are_numbers(words, separator)):
            names = [w.casefold() for w in words]
        elif is_comment:
            continue
        elif len(words) == 1 and not has_count:
            has_count = True
        else:
            return _Start(number, names, separator, has_count)
    return _Start(len(lines), names, None, has_count)


def _are_numbers(words: list[str], separator: str | None) -> bool:
    try:
        [float(w.replace(",", ".") if separator == ";" else w) for w in words if w]
    except ValueError:
        return False
    return True


def _values(path: Path, start: _Start) -> FloatArray:
    try:
        with open_text(path, encoding=_ENCODING) as file:
            lines = (line.replace(",", ".") for line in file) if start.separator == ";" else file
            values = np.loadtxt(
                lines,
                delimiter=start.separator,
                skiprows=start.skip,
                ndmin=2,
                comments=_COMMENTS,
            )
    except (ValueError, UnicodeDecodeError) as error:
        msg = f"{path} is not a table of numbers ({error}): export x y z columns"
        raise FormatError(msg) from error
    if values.shape[0] == 0 or values.shape[1] < 3:
        msg = f"{path} must have at least the columns x y z, found a table of {values.shape}"
        raise FormatError(msg)
    return values


def _default_names(values: FloatArray, *, is_pts: bool) -> list[str]:
    """Return what columns without names are, as far as their values can be that.

    Normals are no colours, and a fourth column with fractions is no label.
    """
    count = values.shape[1]
    names = ["x", "y", "z"]
    if count == 7 and _are_bytes(values[:, 4:]) and (is_pts or not _are_bytes(values[:, 3:4])):
        return [*names, "intensity", "red", "green", "blue"]
    if count >= 6 and (values[:, 3:6] >= 0).all():
        names += ["red", "green", "blue"]
    is_label_next = count == len(names) + 1 and not is_pts
    if is_label_next and (np.mod(values[np.isfinite(values[:, -1]), -1], 1) == 0).all():
        names.append("label")
    return names + [f"column {i}" for i in range(len(names), count)]


def _are_bytes(values: FloatArray) -> bool:
    return bool(((values >= 0) & (values <= 255) & (np.mod(values, 1) == 0)).all())


def _cloud(values: FloatArray, names: list[str], path: Path) -> CloudFile:
    missing = [n for n in ("x", "y", "z") if n not in names]
    if missing or len(names) != values.shape[1]:
        msg = f"{path} has columns {names[:12]}: expected x, y, z, one name for each"
        raise FormatError(msg)
    xyz = values[:, [names.index(n) for n in ("x", "y", "z")]]
    rgb = None
    for channels in _COLOR_NAMES:
        if all(c in names for c in channels):
            rgb = rgb_from([values[:, names.index(c)] for c in channels])
    column = label_column(names)
    labels = None
    if column is not None:
        labels = labels_from(values[:, names.index(column)], f"{column!r} of {path}")
    return CloudFile(xyz, rgb, labels).checked(path)
