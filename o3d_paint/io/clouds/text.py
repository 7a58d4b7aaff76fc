"""Clouds as text: a point a line, ``x y z`` with colours and a label behind, or named columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile, label_column, labels_from, rgb_from
from o3d_paint.io.memory import require_memory

__all__ = ["matches", "read"]

_MEMORY_FACTOR = 6
_SUFFIXES = (".xyz", ".txt", ".csv", ".asc", ".pts", ".xyzrgb")
_COLOR_NAMES = (("red", "green", "blue"), ("r", "g", "b"))


def matches(path: Path) -> bool:
    """Return whether a name is of a text cloud; their content has no mark of its own."""
    return path.suffix.lower() in _SUFFIXES


def read(path: Path) -> CloudFile:
    """Read a text cloud; a first line may name the columns.

    Commas, semicolons, tabs or blanks separate. Without names, columns are x y z, then r g b where
    there are six or more, then the label.

    Raises:
        FormatError: A line is not numbers, or lines differ in length.
        SceneError: It would not fit into memory.
    """
    try:
        require_memory(str(path), path.stat().st_size * _MEMORY_FACTOR)
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.readline(1 << 16)
            second = file.readline(1 << 16)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): check the name"
        raise FormatError(msg) from error
    separator = next((s for s in ",;" if s in (second or first)), None)
    names = _names(first, separator)
    values = _values(path, separator, skip=0 if names is None else 1)
    if names is None:
        names = _default_names(values.shape[1])
    return _cloud(values, names, path)


def _names(line: str, separator: str | None) -> list[str] | None:
    """Return the column names of a first line, or None where it holds numbers."""
    words = [w.strip().strip('"') for w in line.lstrip("#/ ").split(separator)]
    try:
        [float(w) for w in words if w]
    except ValueError:
        return [w.casefold() for w in words]
    # The PTS format starts with the count of points alone.
    return [] if len(words) == 1 else None


def _values(path: Path, separator: str | None, *, skip: int) -> FloatArray:
    try:
        values = np.loadtxt(path, delimiter=separator, skiprows=skip, ndmin=2, comments=("#", "//"))
    except (ValueError, UnicodeDecodeError) as error:
        msg = f"{path} is not a table of numbers ({error}): export x y z columns"
        raise FormatError(msg) from error
    if values.shape[0] == 0 or values.shape[1] < 3:
        msg = f"{path} must have at least the columns x y z, found a table of {values.shape}"
        raise FormatError(msg)
    return values


def _default_names(count: int) -> list[str]:
    names = ["x", "y", "z"]
    if count >= 6:
        names += ["red", "green", "blue"]
    if count in (4, 7):
        names.append("label")
    return names + [f"column {i}" for i in range(len(names), count)]


def _cloud(values: FloatArray, given: list[str], path: Path) -> CloudFile:
    names = given or _default_names(values.shape[1])
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
