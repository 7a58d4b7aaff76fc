"""Masks whose colour means a class: Pascal VOC's palette, CVAT's label maps, own tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray, RgbArray
from o3d_paint.errors import FormatError

__all__ = ["ids_from_colors", "voc_color"]

_BLACK = 0


def ids_from_colors(
    picture: RgbArray, colors: Mapping[int, tuple[int, int, int]], where: str
) -> IdArray:
    """Turn an (H, W, 3) picture into (H, W) ids by exact colour.

    Black is unlabelled unless the table gives it a class.

    Raises:
        FormatError: A colour is in no class.
    """
    packed = _pack(picture.reshape(-1, 3))
    table = {_BLACK: 0} | {int(_pack(np.array([c]))[0]): i for i, c in colors.items()}
    found, inverse = np.unique(packed, return_inverse=True)
    ids = np.zeros(len(found), dtype=np.uint16)
    for position, code in enumerate(found.tolist()):
        if code not in table:
            color = (code >> 16, code >> 8 & 255, code & 255)
            share = float(np.mean(packed == code)) * 100
            msg = (
                f"{where} has the colour {color} on {share:.2g} % of its pixels, which is in no"
                " class: add it to the class table, and save masks as PNG, not JPEG"
            )
            raise FormatError(msg)
        ids[position] = table[code]
    return ids[inverse].reshape(picture.shape[:2])


def voc_color(index: int) -> tuple[int, int, int]:
    """Return the colour of an index in the palette of Pascal VOC (VOCcolormap).

    The bits of the index are dealt out to the three channels, highest bit first.
    """
    color = [0, 0, 0]
    for shift in range(7, -1, -1):
        for channel in range(3):
            color[channel] |= (index >> channel & 1) << shift
        index >>= 3
    return color[0], color[1], color[2]


def _pack(colors: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    r, g, b = colors.astype(np.int64).T
    packed: npt.NDArray[np.int64] = r << 16 | g << 8 | b
    return packed
