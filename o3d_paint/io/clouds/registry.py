"""Which reader takes a cloud, decided by its first bytes; text has none and goes by its name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from o3d_paint.errors import FormatError
from o3d_paint.io.clouds import arrays, e57, las, pcd, ply, ptx, text
from o3d_paint.io.clouds.cloud_file import LONGEST_MARK, CloudFile
from o3d_paint.io.files import open_file, reading

__all__ = ["CLOUD_FORMATS", "read_cloud"]

CLOUD_FORMATS: dict[str, tuple[Callable[[bytes], bool], Callable[[Path], CloudFile]]] = {
    "ply": (ply.matches, ply.read),
    "pcd": (pcd.matches, pcd.read),
    "las": (las.matches, las.read),
    "e57": (e57.matches, e57.read),
    "npz": (arrays.matches, arrays.read),
}
"""Formats with a mark at their start: how each is recognised, and its reader."""

_BY_NAME = {"ptx": ptx, "text": text}


def read_cloud(path: Path | str) -> CloudFile:
    """Read a point cloud.

    Raises:
        FormatError: It is not there, of no known format, or damaged.
        MissingExtraError: Its format needs a library that is not installed.
        SceneError: It would not fit into memory.
    """
    file = Path(path)
    with reading(file), open_file(file) as opened:
        start = opened.read(LONGEST_MARK)
    for kind, (matches, read) in CLOUD_FORMATS.items():
        if matches(start):
            return replace(_quietly(read, file), kind=kind)
    for kind, by_name in _BY_NAME.items():
        if by_name.matches(file):
            return replace(_quietly(by_name.read, file), kind=kind)
    known = ", ".join([*CLOUD_FORMATS, "laz", "ptx", "pts", "xyz", "csv"])
    msg = f"{file} is not a point cloud that can be read: expected {known}"
    raise FormatError(msg)


def _quietly(read: Callable[[Path], CloudFile], file: Path) -> CloudFile:
    """Read without NumPy's remarks on the terminal: readers judge values that are no numbers."""
    with np.errstate(over="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with reading(file):
            return read(file)
