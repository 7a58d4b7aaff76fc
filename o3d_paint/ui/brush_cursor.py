"""The brush's footprint on the cloud: where a press would paint, while the brush hovers.

A fast renderer lights the points themselves. On a slow one each change of the cloud costs a frame,
for which a stroke would wait, and with Mesa's software renderer some megabytes that are never given
back. There the footprint is a small picture over the 3D view, once the brush rests; it shows
through what lies before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from o3d_paint.core.arrays import IndexArray
from o3d_paint.core.brush import capsule
from o3d_paint.core.views.footprint import footprint_picture
from o3d_paint.core.views.frustum import screen_points
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.cloud_overlay import SIDE
from o3d_paint.ui.cloud_view import CloudView
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.photo_canvas import PhotoCanvas

__all__ = ["BrushCursor"]

_EVERY_S = 0.03
_REST_S = 0.15
_LIGHT = 0.55
_MOST = 60_000
_NOTHING: IndexArray = np.zeros(0, dtype=np.int32)


class BrushCursor:
    """Lights points of one project's cloud.

    Args:
        editor: Says what the brush is.
        canvas: Says where it is.
        view: The 3D view.
        colors: Of its points.
        is_painting: Whether a button is down on the photo.
        redraw: Asks for a drawing of the window.
    """

    def __init__(
        self,
        editor: Editor,
        canvas: PhotoCanvas,
        view: CloudView,
        colors: CloudColors,
        *,
        is_painting: Callable[[], bool],
        redraw: Callable[[], None],
    ) -> None:
        self._editor = editor
        self._project = editor.project
        self._canvas, self._view, self._colors = canvas, view, colors
        self._is_painting, self._redraw = is_painting, redraw
        self._lit: IndexArray = _NOTHING
        self._wanted: tuple[object, ...] | None = None
        self._since = 0.0
        self._is_due = False

    def tick(self) -> None:
        """Follow the brush over the photo."""
        wanted = self._place()
        now = time.monotonic()
        if wanted != self._wanted:
            self._wanted, self._since, self._is_due = wanted, now, True
            self._hide()
        wait = _REST_S if self._view.plan.is_slow else _EVERY_S
        if self._is_due and (wanted is None or now - self._since >= wait):
            self._is_due = False
            self._show(self._points() if wanted is not None else _NOTHING)

    def close(self) -> None:
        """Show nothing any more."""
        self._hide()

    def _place(self) -> tuple[object, ...] | None:
        """Return what the footprint depends on; None while there is none."""
        state = self._editor.state
        cursor = self._canvas.cursor
        if cursor is None or state.open_idx is None or self._is_painting():
            return None
        tool = self._editor.tool
        if tool.radius is None or tool.is_of_3d_view:
            return None
        if self._project.index(state.open_idx) is None:
            return None
        place = (round(cursor[0]), round(cursor[1]))
        cloud = self._view
        return state.open_idx, place, state.radii[state.tool], cloud.eye, cloud.size

    def _points(self) -> IndexArray:
        state = self._editor.state
        cursor = self._canvas.cursor
        index = None if state.open_idx is None else self._project.index(state.open_idx)
        if index is None or cursor is None:
            return _NOTHING
        covered = capsule(index.shape, cursor, end=cursor, radius=state.radii[state.tool])
        if covered is None:
            return _NOTHING
        rect, coverage = covered
        entries = index.entries_in(rect)
        line, column = np.divmod(index.pixel[entries], index.shape[1])
        points = index.point[entries[coverage[line - rect.y0, column - rect.x0]]]
        return np.asarray(points) if len(points) <= _MOST else _NOTHING

    def _show(self, points: IndexArray) -> None:
        if self._view.plan.is_slow:
            self._light(_NOTHING)
            self._draw_over(points)
        else:
            self._light(points)

    def _hide(self) -> None:
        if self._view.overlay.hide():
            self._redraw()

    def _draw_over(self, points: IndexArray) -> None:
        """Draw the outline of points over the 3D view."""
        cloud = self._view
        frame, (width, height) = cloud.widget.frame, cloud.size
        if not len(points) or not cloud.widget.visible or min(width, height) < SIDE:
            return
        matrix = cloud.screen_from_world
        pixels, depth = screen_points(cloud.points[points], matrix, cloud.size)
        drawn = footprint_picture(
            pixels[depth > 0], point_size=cloud.point_size, side=SIDE, size=cloud.size
        )
        if drawn is not None:
            picture, (x, y) = drawn
            cloud.overlay.show(picture, frame.x + x, frame.y + y)
            self._redraw()

    def _light(self, points: IndexArray) -> None:
        if not len(points) and not len(self._lit):
            return
        colors = self._colors
        if len(self._lit):
            colors.refresh(self._lit)
        if len(points):
            dim = colors.buffer[points]
            colors.overwrite(points, dim + (1 - dim) * np.float32(_LIGHT))
        self._lit = points
        self._view.recolored()
