"""How well the borders of a mask lie on the edges of its photo: which way up a mask was drawn."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.stats import rankdata

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, RgbArray

__all__ = ["edge_agreement", "edge_ranks"]

_LONG_SIDE = 480
_BLUR = (3, 3)
# How far, in pixels of the smaller picture, a border may lie beside its edge.
_SLACK = np.ones((3, 3), np.uint8)


def edge_ranks(picture: RgbArray) -> FloatArray:
    """Return (h, w) how strong the edge at a pixel is among all of its photo: 0 to 1, evenly.

    Args:
        picture: (H, W, 3) sRGB; it is made smaller where it is large.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, _LONG_SIDE / max(height, width))
    size = max(3, round(width * scale)), max(3, round(height * scale))
    small = cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small, _BLUR, 0).astype(np.float32)
    along, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strength = np.hypot(along, down).max(axis=2)
    near = cv2.dilate(strength, _SLACK)
    ranks: FloatArray = (rankdata(near, method="average") / near.size).reshape(near.shape)
    return ranks


def edge_agreement(mask: IdArray, ranks: FloatArray) -> tuple[float, int]:
    """Return how much stronger edges are along a mask's borders than anywhere, and their length.

    Args:
        mask: (H, W) ids of a photo of any size.
        ranks: (h, w) of `edge_ranks`.

    Returns:
        Mean rank along borders less a half: 0 by chance, 0.5 at most; and the border's pixels.
    """
    height, width = ranks.shape
    small = cv2.resize(
        np.ascontiguousarray(mask).astype(np.float32), (width, height),
        interpolation=cv2.INTER_NEAREST,
    )  # fmt: skip
    border = _border(small)
    count = int(np.count_nonzero(border))
    return (float(ranks[border].mean()) - 0.5 if count else 0.0), count


def _border(values: FloatArray) -> BoolArray:
    """Return (h, w) which pixels differ from the one to the right or below."""
    border = np.zeros(values.shape, dtype=bool)
    border[:, :-1] |= values[:, :-1] != values[:, 1:]
    border[:-1] |= values[:-1] != values[1:]
    return border
