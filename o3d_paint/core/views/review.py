"""Pictures to judge paint by: photo, classes, both over each other, and where labels are wrong."""

from __future__ import annotations

import cv2
import numpy as np

from o3d_paint.core.arrays import IdArray, RgbArray
from o3d_paint.core.metrics import MISSED, RIGHT, WRONG
from o3d_paint.core.views.overlay import blend_labels

__all__ = ["VERDICT_COLORS", "class_picture", "error_picture", "overlay_picture", "sized"]

UNPAINTED_COLOR = (44, 46, 50)
VERDICT_COLORS = {RIGHT: (68, 170, 153), WRONG: (204, 51, 17), MISSED: (238, 170, 51)}
"""Right, wrong and missed: told apart with common colour blindness."""

_OPACITY = 0.55
_FADE = 0.45


def sized(picture: RgbArray, size: tuple[int, int]) -> RgbArray:
    """Return an (H, W, 3) picture at another (width, height), smooth in both directions."""
    shrinks = size[0] <= picture.shape[1] and size[1] <= picture.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=way), dtype=np.uint8)


def class_picture(mask: IdArray, colors: RgbArray, size: tuple[int, int]) -> RgbArray:
    """Return the (height, width, 3) colours of a mask; dark where nothing is painted.

    Args:
        mask: (H, W) class ids.
        colors: (M, 3) by class id; ids beyond it count as unpainted.
        size: (width, height) in pixels.
    """
    ids = _ids_at(mask, colors, size)
    bare = np.array(UNPAINTED_COLOR, dtype=np.uint8)
    picture: RgbArray = np.where(ids[..., None] > 0, colors[ids], bare)
    return picture.astype(np.uint8)


def overlay_picture(
    photo: RgbArray, mask: IdArray, colors: RgbArray, *, size: tuple[int, int]
) -> RgbArray:
    """Return the (height, width, 3) photo with its labels over it.

    Args:
        photo: (h, w, 3) sRGB.
        mask: (H, W) class ids of the same view.
        colors: (M, 3) by class id.
        size: (width, height) in pixels.
    """
    base = sized(photo, size)
    picture = base.copy()
    blend_labels(picture, base, _ids_at(mask, colors, size), colors=colors, opacity=_OPACITY)
    return picture


def error_picture(photo: RgbArray, verdict: RgbArray, *, size: tuple[int, int]) -> RgbArray:
    """Return the photo in grey with the verdict of `metrics.error_mask` over it.

    Args:
        photo: (h, w, 3) sRGB.
        verdict: (H, W) of the same view.
        size: (width, height) in pixels.
    """
    grey = cv2.cvtColor(sized(photo, size), cv2.COLOR_RGB2GRAY)
    base = np.repeat((grey * _FADE + 255 * (1 - _FADE) * 0.5).astype(np.uint8)[..., None], 3, 2)
    colors = np.zeros((max(VERDICT_COLORS) + 1, 3), dtype=np.uint8)
    for value, color in VERDICT_COLORS.items():
        colors[value] = color
    picture = base.copy()
    ids = _ids_at(verdict, colors, size)
    blend_labels(picture, base, ids, colors=colors, opacity=_OPACITY)
    return picture


def _ids_at(mask: IdArray | RgbArray, colors: RgbArray, size: tuple[int, int]) -> IdArray:
    """Return a mask at another size; ids without a colour become 0."""
    ids = np.asarray(
        cv2.resize(mask.astype(np.uint16), size, interpolation=cv2.INTER_NEAREST_EXACT)
    )
    return np.where(ids < len(colors), ids, 0).astype(np.uint16)
