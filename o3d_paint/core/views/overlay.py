"""The photo with its labels over it, at the resolution of the screen.

A photo is sampled from a pyramid, so that a zoomed-out view neither flickers nor costs more than
its own pixels. Labels are blended into rectangles of the view: a brush movement redraws only what
it touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from o3d_paint.core.arrays import IdArray, RgbArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.viewport import Viewport

__all__ = ["PhotoPyramid", "blend_labels", "mask_in_view"]

_SHARP_FROM = 10.0  # device pixels per photo pixel
_MIN_SIDE = 64


@dataclass(frozen=True, slots=True, eq=False)
class PhotoPyramid:
    """A photo and its halves.

    Attributes:
        mask_shape: (H, W) of the photo's mask.
        levels: (h, w, 3) uint8 sRGB pictures, the largest first.
    """

    mask_shape: tuple[int, int]
    levels: tuple[RgbArray, ...]

    @classmethod
    def of(cls, pixels: RgbArray, mask_shape: tuple[int, int]) -> PhotoPyramid:
        """Build the pyramid of a photo."""
        levels = [np.ascontiguousarray(pixels)]
        while min(levels[-1].shape[:2]) >= 2 * _MIN_SIDE:
            height, width = levels[-1].shape[:2]
            size = ((width + 1) // 2, (height + 1) // 2)
            levels.append(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA))
        return cls(mask_shape, tuple(levels))

    def view(self, viewport: Viewport, background: tuple[int, int, int]) -> RgbArray:
        """Return the (H, W, 3) panel picture of the photo."""
        wanted = viewport.zoom * self.mask_shape[1]
        level = self.levels[0]
        for candidate in self.levels[1:]:
            if candidate.shape[1] < wanted:
                break
            level = candidate
        scale = level.shape[1] / self.mask_shape[1]
        is_sharp = viewport.zoom / scale >= _SHARP_FROM
        sampling = cv2.INTER_NEAREST if is_sharp else cv2.INTER_LINEAR
        height, width = viewport.panel_shape
        shown: RgbArray = cv2.warpAffine(
            level,
            viewport.photo_from_panel((0, 0), scale),
            (width, height),
            flags=sampling | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        _fill_outside(shown, viewport, background)
        return shown


def mask_in_view(mask: IdArray, viewport: Viewport, rect: Rect) -> IdArray:
    """Return the (h, w) ids that a panel rectangle shows; 0 beside the photo."""
    height, width = rect.shape
    ids: IdArray = cv2.warpAffine(
        mask,
        viewport.photo_from_panel((rect.x0, rect.y0)),
        (width, height),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return ids


def blend_labels(
    target: RgbArray, base: RgbArray, ids: IdArray, *, colors: RgbArray, opacity: float
) -> None:
    """Write the photo with labels over it, and a firm line where a label ends.

    Args:
        target: (h, w, 3) written in place.
        base: (h, w, 3) the photo.
        ids: (h, w) class ids, 0 without; ids beyond ``colors`` count as 0.
        colors: (M, 3) by class id.
        opacity: Of the labels, 0 to 1.
    """
    np.copyto(target, base)
    if opacity <= 0 or not ids.any():
        return
    known = np.where(ids < len(colors), ids, 0)
    painted = colors[known]
    mixed = cv2.addWeighted(base, 1 - opacity, painted, opacity, 0)
    edge = np.zeros(ids.shape, dtype=bool)
    across, along = known[:, 1:] != known[:, :-1], known[1:] != known[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= along
    edge[:-1] |= along
    inside = known > 0
    cv2.copyTo(mixed, inside.view(np.uint8), target)
    cv2.copyTo(painted, (edge & inside).view(np.uint8), target)


def _fill_outside(shown: RgbArray, viewport: Viewport, background: tuple[int, int, int]) -> None:
    """Paint what lies beside the photo; cv2's own border colour would bleed into its edge."""
    height, width = viewport.panel_shape
    photo_h, photo_w = viewport.photo_shape
    left, top = round(viewport.left), round(viewport.top)
    right = round(viewport.left + photo_w * viewport.zoom)
    bottom = round(viewport.top + photo_h * viewport.zoom)
    shown[: max(0, min(top, height))] = background
    shown[max(0, min(bottom, height)) :] = background
    shown[:, : max(0, min(left, width))] = background
    shown[:, max(0, min(right, width)) :] = background
