"""PTX of Leica's scanners: grids of points as text, each scan with the pose of its station.

Source: Leica's page on the format. A scan is its columns and lines, the station and its axes (four
lines), a 4x4 matrix for row vectors, which has the translation in its last line, and a line a
point: ``x y z intensity [red green blue]``. A ray that met nothing is ``0 0 0``.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.clouds.columns import cloud_of
from o3d_paint.io.files import open_text
from o3d_paint.io.memory import require_memory

__all__ = ["matches", "read"]

_MEMORY_FACTOR = 6
_LINES_OF_STATION = 8
_NAMES = ("x", "y", "z", "intensity", "red", "green", "blue")


def matches(path: Path) -> bool:
    """Return whether a name is of a PTX; their content has no mark of its own."""
    return path.suffix.lower() == ".ptx"


def read(path: Path) -> CloudFile:
    """Read all scans of a PTX, one behind the other; rays that met nothing keep their rows.

    Raises:
        FormatError: A line is not what its place asks for.
        SceneError: It would not fit into memory.
    """
    require_memory(str(path), path.stat().st_size * _MEMORY_FACTOR)
    scans = []
    with open_text(path, encoding="utf-8-sig") as file:
        while (scan := _scan(file, path)) is not None:
            scans.append(scan)
    if not scans:
        msg = f"{path} holds no scan: export it again"
        raise FormatError(msg)
    width = min(s.shape[1] for s in scans)
    table = np.concatenate([s[:, :width] for s in scans])
    return cloud_of({n: table[:, i] for i, n in enumerate(_NAMES[:width])}, path)


def _scan(file: TextIO, path: Path) -> FloatArray | None:
    """Return the (N, 4) or (N, 7) table of the next scan in the world; None behind the last."""
    start = file.readline()
    while start and not start.strip():
        start = file.readline()
    if not start:
        return None
    try:
        count = int(start) * int(file.readline())
        station = [[float(w) for w in line.split()] for line in islice(file, _LINES_OF_STATION)]
        matrix = np.array(station[-4:], dtype=np.float64)
        if count < 0 or matrix.shape != (4, 4) or [len(r) for r in station[:4]] != [3] * 4:
            raise ValueError(start)
        table = np.loadtxt(islice(file, count), ndmin=2) if count else np.zeros((0, 4))
    except ValueError as error:
        msg = f"{path} is no PTX ({' '.join(str(error).split())[:80]}): export it again"
        raise FormatError(msg) from error
    if table.shape[0] != count or table.shape[1] not in (4, 7):
        msg = f"{path} declares {count} points of 4 or 7 values, found {table.shape}: it is cut off"
        raise FormatError(msg)
    nowhere = (table[:, :3] == 0).all(axis=1)
    table[:, :3] = table[:, :3] @ matrix[:3, :3] + matrix[3, :3]
    table[nowhere, :3] = np.nan
    return table
