"""Masks whose colour means a class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray, RgbArray
from o3d_paint.io.mask_formats.mask_set import InexactMask

__all__ = ["BLACK", "ids_from_colors"]

BLACK = (0, 0, 0)
"""What is unlabelled where a table does not say otherwise."""
_ALL_COLORS = 1 << 24
_BAND = 1 << 20  # pixels at a time


def ids_from_colors(
    picture: RgbArray, colors: Mapping[int, tuple[int, int, int]], where: str
) -> IdArray:
    """Turn an (H, W, 3) picture into (H, W) ids by exact colour.

    Black is unlabelled unless the table gives it a class.

    Raises:
        InexactMask: A colour is in no class.
    """
    # Of every colour that there is, the id plus one; memory is taken where colours are used alone.
    table = np.zeros(_ALL_COLORS, dtype=np.int32)
    table[0] = 1
    for class_id, color in colors.items():
        table[_pack(np.array(color))] = class_id + 1
    ids = np.zeros(picture.shape[:2], dtype=np.uint16)
    band = max(1, _BAND // max(1, picture.shape[1]))
    for start in range(0, len(picture), band):
        packed = _pack(picture[start : start + band])
        found = table[packed]
        if not found.all():
            code = int(packed[found == 0][0])
            color = (code >> 16, code >> 8 & 255, code & 255)
            share = float(np.mean((picture == color).all(axis=2))) * 100
            msg = (
                f"{where} has the colour {color} on {share:.2g} % of its pixels, which is in no"
                " class: add it to the class table, and save masks as PNG, not JPEG"
            )
            raise InexactMask(msg)
        ids[start : start + band] = found - 1
    return ids


def _pack(colors: npt.NDArray[np.integer]) -> npt.NDArray[np.uint32]:
    """Return colours (..., 3) as numbers of 24 bits."""
    r, g, b = (colors[..., i].astype(np.uint32) for i in range(3))
    return (r << 16 | g << 8 | b).astype(np.uint32, copy=False)
