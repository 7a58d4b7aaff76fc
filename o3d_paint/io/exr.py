"""Depth in OpenEXR files, decoded in a process of its own. Needs the extra ``exr``.

OpenCV decodes them too where its build can: it is switched on there alone, since its makers advise
against it for files of strangers.
"""

from __future__ import annotations

import importlib.util
import os
import re
import struct
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError, MissingExtraError
from o3d_paint.io.extras import require
from o3d_paint.io.files import open_file, require_inside
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.memory import require_memory

__all__ = ["exr_size", "read_exr"]

Values = npt.NDArray[np.generic]

# By the last part of a channel's name, the likeliest first: renderers call depth Z, some write it
# as grey, or alike into red, green and blue.
_CHANNELS = ("z", "depth", "d", "y", "v", "r")
_SWITCH = "OPENCV_IO_ENABLE_OPENEXR"
_MAX_SIDE = 1 << 16
_MAGIC = b"\x76\x2f\x31\x01"
_WINDOW = b"dataWindow\0box2i\0\x10\0\0\0"
_MAX_HEADER = 1 << 16
# Some colours and depth in four bytes each.
_BYTES_PER_PIXEL = 32


def read_exr(paths: Sequence[Path]) -> dict[Path, Values | FormatError]:
    """Decode depth pictures.

    Args:
        paths: At least one.

    Returns:
        (h, w) floats by file, or what is wrong with it.

    Raises:
        MissingExtraError: No library for EXR is installed.
        FormatError: The decoder crashed.
    """
    for path in paths:
        # Where links lead is for this process to judge.
        require_inside(path)
    arrays = read_isolated(partial(_decoded, list(paths)), paths[0])
    found: dict[Path, Values | FormatError] = {}
    for i, path in enumerate(paths):
        error = arrays.get(f"error {i}")
        found[path] = arrays[f"{i}"] if error is None else FormatError(str(error))
    return found


def exr_size(path: Path) -> tuple[int, int]:
    """Return the (H, W) that an EXR declares: of the data window of its first part.

    Raises:
        FormatError: It is no EXR, or its header is damaged.
    """
    with open_file(path) as file:
        header = file.read(_MAX_HEADER)
    at = header.find(_WINDOW, 8)
    window = header[at + len(_WINDOW) : at + len(_WINDOW) + 16]
    if not header.startswith(_MAGIC) or at < 0 or len(window) < 16:
        msg = f"{path} is no EXR that can be read: export depth as one channel of floats"
        raise FormatError(msg)
    x0, y0, x1, y1 = struct.unpack("<4i", window)
    height, width = y1 - y0 + 1, x1 - x0 + 1
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        msg = f"{path} declares {width}x{height} pixels: it is damaged"
        raise FormatError(msg)
    return height, width


def _decoded(paths: list[Path], _first: Path) -> Mapping[str, Values]:
    """Decode files in the child."""
    read = _reader(paths[0])
    arrays: dict[str, Values] = {}
    for i, path in enumerate(paths):
        try:
            height, width = exr_size(path)
            require_memory(str(path), height * width * _BYTES_PER_PIXEL)
            arrays[f"{i}"] = read(path)
        except MissingExtraError:
            raise
        except FormatError as error:
            arrays[f"error {i}"] = np.array(str(error))
        except Exception as error:
            reason = " ".join(str(error).split())[:100]
            arrays[f"error {i}"] = np.array(f"{path} cannot be read as EXR ({reason})")
    return arrays


def _reader(path: Path) -> Any:
    """Return what decodes one file."""
    if importlib.util.find_spec("OpenEXR") is not None:
        return _by_openexr
    # Must be set before the library is imported.
    os.environ[_SWITCH] = "1"
    import cv2

    if re.search(r"OpenEXR:\s+NO", cv2.getBuildInformation()):
        require("OpenEXR", extra="exr", purpose=f"reading {path.name}")
    return _by_opencv


def _by_openexr(path: Path) -> Values:
    openexr: Any = require("OpenEXR", extra="exr", purpose=f"reading {path.name}")
    with openexr.File(str(path), separate_channels=True) as file:
        channels = {name: c.pixels for part in file.parts for name, c in part.channels.items()}
        by_end = {name.rsplit(".", 1)[-1].casefold(): name for name in reversed(list(channels))}
        chosen = next((by_end[c] for c in _CHANNELS if c in by_end), None)
        if chosen is None and len(channels) == 1:
            chosen = next(iter(channels))
        if chosen is None:
            msg = f"{path} has the channels {sorted(channels)[:8]}, none of which is depth (Z)"
            raise FormatError(msg)
        return np.asarray(channels[chosen]).astype(np.float32)


def _by_opencv(path: Path) -> Values:
    import cv2

    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None:
        msg = f"{path} is no EXR that can be read: export depth as one channel of floats"
        raise FormatError(msg)
    # Grey comes back as three equal channels from some writers.
    return np.asarray(values if values.ndim == 2 else values[:, :, 2]).astype(np.float32)
