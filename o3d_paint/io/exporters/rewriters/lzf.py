"""The compressed points of a PCD, field by field as the file has them.

Source: PCL's ``lzf.cpp`` and its page on the format: two lengths of 32 bits, then LZF over the
values of one field after the other.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from o3d_paint.errors import FormatError
from o3d_paint.io.memory import require_memory

__all__ = ["decompressed"]


def decompressed(data: bytes, kind: np.dtype[np.void], count: int, path: Path) -> np.ndarray:
    """Return (N,) points.

    Args:
        data: From the two lengths on.
        kind: Of a point.
        count: Points.
        path: The file, for messages.

    Raises:
        FormatError: The data do not give so many points.
        SceneError: They would not fit into memory.
    """
    from o3d_paint.core.kernels.lzf import expand

    size = count * kind.itemsize
    require_memory(str(path), 2 * size)
    if len(data) < 8 or struct.unpack("<II", data[:8])[1] != size:
        msg = f"{path} holds compressed points of another size than its header says: it is damaged"
        raise FormatError(msg)
    (packed,) = struct.unpack("<I", data[:4])
    raw = np.zeros(size, dtype=np.uint8)
    if expand(np.frombuffer(data[8 : 8 + packed], dtype=np.uint8), raw) != size:
        msg = f"{path} holds compressed points that end before: it is cut off"
        raise FormatError(msg)
    points, at = np.zeros(count, dtype=kind), 0
    for name in kind.names or ():
        width = kind[name].itemsize * count
        values = raw[at : at + width].view(kind[name].base).reshape(count, *kind[name].shape)
        points[name], at = values, at + width
    return points
