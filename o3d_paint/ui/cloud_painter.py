"""Brush and lasso in the 3D view: they lay labels on the points that the view shows.

What the view shows is found off the UI thread whenever the eye has come to rest; a stroke that is
faster waits for it. Points take their colour during the stroke, their label when it ends: one
step of the history.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from o3d_paint.core.arrays import BoolArray, IndexArray
from o3d_paint.core.brush import capsule, polygon
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.eye_view import points_in_view
from o3d_paint.core.views.orbit import Eye
from o3d_paint.core.visibility import PixelIndex
from o3d_paint.project.jobs import Worker
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.cloud_view import CloudView
from o3d_paint.ui.editor import Editor

__all__ = ["CloudPainter"]

Point = tuple[float, float]
_REST_S = 0.15
_LASSO_EVERY_S = 0.12
_NOTHING: IndexArray = np.zeros(0, dtype=np.int32)


@dataclass(slots=True)
class _Stroke:
    """A gesture in the 3D view; positions are pixels of the index."""

    class_id: int
    is_lasso: bool
    radius: float
    path: list[Point]
    done: int = 0
    points: list[IndexArray] = field(default_factory=list)
    is_released: bool = False


class CloudPainter:
    """Paints on the cloud of one project.

    Args:
        editor: Says with what.
        view: The 3D view.
        colors: Of its points.
        worker: Finds what the view shows.
        failed: Told of errors.
    """

    def __init__(
        self,
        editor: Editor,
        view: CloudView,
        colors: CloudColors,
        worker: Worker,
        *,
        failed: Callable[[Exception], None],
    ) -> None:
        self._editor = editor
        self._project = editor.project
        self._view, self._colors = view, colors
        self._worker = worker
        self._failed = failed
        self._stroke: _Stroke | None = None
        self._index: PixelIndex | None = None
        self._seen_from: tuple[Eye, tuple[int, int], bool] | None = None
        self._asked: tuple[Eye, tuple[int, int], bool] | None = None
        self._eye: Eye | None = None
        self._still_since = 0.0
        self._lassoed_at = 0.0

    @property
    def is_active(self) -> bool:
        """Whether a 3D tool is chosen."""
        return self._editor.tool.is_of_3d_view

    @property
    def is_busy(self) -> bool:
        """Whether a stroke is under way."""
        return self._stroke is not None

    def tick(self) -> None:
        """Find what the view shows once the eye rests."""
        if not self.is_active:
            return
        eye, now = self._view.eye, time.monotonic()
        if eye is not self._eye:
            self._eye, self._still_since = eye, now
        if self._stroke is not None or now - self._still_since >= _REST_S:
            self._ask()

    def press(self, x: float, y: float, *, erases: bool) -> None:
        """Begin at a position of the 3D view."""
        self.cancel()
        state = self._editor.state
        is_lasso = state.tool == "lasso_3d"
        radius = state.radii.get(state.tool, 0.0) * self._scale
        class_id = 0 if erases else state.class_id
        self._stroke = _Stroke(class_id, is_lasso, radius, [self._place(x, y)])
        self._ask()
        self._work()

    def drag(self, x: float, y: float) -> None:
        """Go on."""
        if self._stroke is not None:
            self._stroke.path.append(self._place(x, y))
            self._work()

    def release(self) -> None:
        """End: now, or when it is known what the view shows."""
        if self._stroke is not None:
            self._stroke.is_released = True
            self._work()

    def cancel(self) -> bool:
        """Take back what is under way; returns whether there was something."""
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return False
        self._show_again(_joined(stroke.points))
        return True

    @property
    def _scale(self) -> float:
        """Pixels of the index in one of the view."""
        return max(1.0, 1080 / self._view.size[1])

    def _place(self, x: float, y: float) -> Point:
        scale = self._scale
        return (x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5

    def _ask(self) -> None:
        cloud, scene = self._view, self._project.scene
        if cloud.eye is None:
            return
        wanted = (cloud.eye, cloud.size, self._editor.state.through)
        if wanted in (self._seen_from, self._asked):
            return
        self._index, self._asked = None, wanted
        eye, size, through = wanted
        xyz, spacing = cloud.points, scene.spacing

        def done(index: PixelIndex) -> None:
            self._index, self._seen_from, self._asked = index, wanted, None
            self._work()

        self._worker.submit(
            "3D view",
            lambda _: points_in_view(eye, size, xyz, spacing=spacing, through=through),
            done=done,
            failed=self._failed,
            urgent=True,
        )

    def _work(self) -> None:
        stroke, index = self._stroke, self._index
        if stroke is None or index is None:
            return
        if stroke.is_lasso:
            self._lasso(stroke, index)
        else:
            self._brush(stroke, index)
        if stroke.is_released:
            self._finish(stroke)

    def _brush(self, stroke: _Stroke, index: PixelIndex) -> None:
        path = stroke.path
        for number in range(stroke.done, len(path)):
            start = path[max(0, number - 1)]
            covered = capsule(index.shape, start, end=path[number], radius=stroke.radius)
            if covered is not None:
                self._touch(stroke, _points(index, *covered))
        stroke.done = len(path)

    def _lasso(self, stroke: _Stroke, index: PixelIndex) -> None:
        now = time.monotonic()
        if len(stroke.path) < 3 or (
            not stroke.is_released and now - self._lassoed_at < _LASSO_EVERY_S
        ):
            return
        self._lassoed_at = now
        covered = polygon(index.shape, np.array(stroke.path))
        self._show_again(_joined(stroke.points))
        stroke.points = []
        if covered is not None:
            self._touch(stroke, _points(index, *covered))

    def _touch(self, stroke: _Stroke, points: IndexArray) -> None:
        """Let points belong to the stroke, and show it."""
        points = points[self._may_change(points, stroke.class_id)]
        if not len(points):
            return
        stroke.points.append(points)
        table = self._project.taxonomy.color_table()
        color = table[stroke.class_id] / 255 if stroke.class_id else np.full(3, 0.9)
        self._colors.overwrite(points, color)
        self._view.recolored()

    def _may_change(self, points: IndexArray, class_id: int) -> BoolArray:
        project = self._project
        labels = project.painted[points]
        free = ~np.isin(labels, list(project.locked))
        if self._editor.state.protect and class_id:
            free &= labels == 0
        return np.asarray(free)

    def _finish(self, stroke: _Stroke) -> None:
        self._stroke = None
        points = _joined(stroke.points)
        name = "paint on the cloud" if stroke.class_id else "erase on the cloud"
        if len(points):
            self._project.set_layer(points, stroke.class_id, name=name)
            self._show_again(points)

    def _show_again(self, points: IndexArray) -> None:
        if len(points):
            self._colors.refresh(points)
            self._view.recolored()


def _points(index: PixelIndex, rect: Rect, coverage: BoolArray) -> IndexArray:
    """Return the points of an index in the covered pixels of a rectangle."""
    entries = index.entries_in(rect)
    line, column = np.divmod(index.pixel[entries], index.shape[1])
    return np.asarray(index.point[entries[coverage[line - rect.y0, column - rect.x0]]])


def _joined(parts: list[IndexArray]) -> IndexArray:
    return np.unique(np.concatenate(parts)).astype(np.int32) if parts else _NOTHING
