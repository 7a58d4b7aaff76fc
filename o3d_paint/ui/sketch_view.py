"""A gesture under way, drawn over the photo: outline, corners, what would be painted."""

from __future__ import annotations

import cv2
import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray, RgbArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.viewport import Viewport
from o3d_paint.project.gestures import Sketch
from o3d_paint.ui import theme
from o3d_paint.ui.theme import Color

__all__ = ["draw_sketch"]

_LIGHT, _DARK = (255, 255, 255), (0, 0, 0)
_FILL, _MARGIN = 0.55, 12
_WAIT_RADIUS = 9


def draw_sketch(shown: RgbArray, sketch: Sketch, *, view: Viewport, color: Color) -> Rect:
    """Draw a sketch into the panel's picture.

    Args:
        shown: (H, W, 3) drawn upon.
        sketch: What to draw.
        view: Where the photo lies.
        color: Of the class; white to erase.

    Returns:
        The rectangle of the panel that may have changed.
    """
    touched = Rect(0, 0, 0, 0)
    shape = (int(shown.shape[0]), int(shown.shape[1]))
    if sketch.area is not None and not sketch.area[0].is_empty:
        touched = _draw_area(shown, sketch.area, view=view, color=color)
    if sketch.line:
        points = np.array([view.to_panel(*point) for point in sketch.line])
        _draw_line(shown, points, color=color, has_corners=sketch.has_corners)
        touched = touched.union(_around(points, shape))
    if sketch.waits_at is not None:
        x, y = view.to_panel(*sketch.waits_at)
        center = (round(x), round(y))
        cv2.circle(shown, center, _WAIT_RADIUS, _DARK, 4, cv2.LINE_AA)
        cv2.ellipse(shown, center, (_WAIT_RADIUS,) * 2, 0, -90, 180, theme.ACCENT, 2, cv2.LINE_AA)
        touched = touched.union(_around(np.array([(x, y)]), shape, _WAIT_RADIUS + 4))
    return touched


def _draw_area(
    shown: RgbArray, area: tuple[Rect, BoolArray], *, view: Viewport, color: Color
) -> Rect:
    rect, coverage = area
    part = view.panel_rect(rect, margin=2)
    if part.is_empty:
        return part
    matrix = view.photo_from_panel((part.x0, part.y0))
    matrix[:, 2] -= (rect.x0, rect.y0)
    inside = cv2.warpAffine(
        coverage.astype(np.uint8),
        matrix,
        part.shape[::-1],
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
    )
    under = shown[part.slices]
    tint = np.full_like(under, color)
    mixed = cv2.addWeighted(under, 1 - _FILL, tint, _FILL, 0)
    target = np.ascontiguousarray(under)
    cv2.copyTo(mixed, inside, target)
    edge = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    target[edge > 0] = _LIGHT
    shown[part.slices] = target
    return part


def _draw_line(shown: RgbArray, points: FloatArray, *, color: Color, has_corners: bool) -> None:
    path = np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)
    for shade, width in ((_DARK, 3), (color, 1)):
        cv2.polylines(shown, [path], False, shade, width, cv2.LINE_AA, shift=4)
    if not has_corners:
        return
    for number, (x, y) in enumerate(points):
        radius = 5 if number == 0 else 3
        center = (round(x), round(y))
        cv2.circle(shown, center, radius + 1, _DARK, -1, cv2.LINE_AA)
        cv2.circle(shown, center, radius, _LIGHT if number == 0 else color, -1, cv2.LINE_AA)


def _around(points: FloatArray, shape: tuple[int, int], margin: int = _MARGIN) -> Rect:
    low = np.floor(points.min(axis=0)).astype(int) - margin
    high = np.ceil(points.max(axis=0)).astype(int) + margin + 1
    return Rect(int(low[0]), int(low[1]), int(high[0]), int(high[1])).clipped(shape)
