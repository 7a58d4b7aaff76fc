"""Random numbers fixed by place: the same cell always gives the same number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.shapes import Floats


def hashed(*cells: NDArray[Any], salt: int = 0) -> Floats:
    """Returns a number in 0..1 for each integer cell; equal cells give equal numbers."""
    code = np.full(np.shape(cells[0]), 0x9E3779B9 + salt * 0x85EBCA6B & 0xFFFFFFFF, np.uint32)
    for cell in cells:
        code ^= cell.astype(np.int32).view(np.uint32)
        code *= np.uint32(0x85EBCA6B)
        code ^= code >> np.uint32(15)
    code *= np.uint32(0xC2B2AE35)
    code ^= code >> np.uint32(16)
    return np.asarray((code >> np.uint32(8)).astype(np.float32) * np.float32(2**-24))


def value_noise(x: Floats, y: Floats, z: Floats | None = None, *, salt: int = 0) -> Floats:
    """Returns smooth noise in 0..1 with one knot per unit."""
    floors = [np.floor(axis) for axis in ((x, y) if z is None else (x, y, z))]
    parts = [axis - low for axis, low in zip((x, y, z), floors, strict=False) if axis is not None]
    blends = [part * part * (3 - 2 * part) for part in parts]
    cells = [low.astype(np.int32) for low in floors]
    total = np.zeros_like(parts[0])
    for corner in range(1 << len(cells)):
        weight = np.ones_like(total)
        knot = []
        for axis, cell in enumerate(cells):
            upper = corner >> axis & 1
            weight *= blends[axis] if upper else 1 - blends[axis]
            knot.append(cell + np.int32(upper))
        total += weight * hashed(*knot, salt=salt)
    return np.asarray(total)
