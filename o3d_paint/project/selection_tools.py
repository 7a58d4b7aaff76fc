"""Fill, assist and rough outline: what a photo's colours and surfaces say, as paint."""

from __future__ import annotations

from math import hypot

import numpy as np

from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.selection.assist import DEFAULT_TOLERANCE, Growth, fill, start_growth
from o3d_paint.core.selection.grabcut import grabcut
from o3d_paint.core.selection.photo_features import PhotoFeatures
from o3d_paint.errors import PaintError
from o3d_paint.project.features import FeatureStore
from o3d_paint.project.gestures import Point, Sketch, Tool, ToolContext
from o3d_paint.project.project import Project
from o3d_paint.project.tool_spec import ToolSpec

__all__ = ["ASSIST", "FILL", "OUTLINE", "AssistTool", "FillTool", "OutlineTool"]

Area = tuple[Rect, BoolArray]
_TOLERANCE_REACH = 0.6
"""Share of the photo's width over which a drag takes the tolerance from none to all."""
_NOTHING = "nothing inside the outline differs from what is around it: draw closer to the thing"
_LEAST_STEP = 3.0
"""Mask pixels between two points of a rough outline."""


class _SelectionTool(Tool):
    """A gesture that waits for the photo's features where they are not there yet."""

    title = "select"

    def __init__(self, project: Project, features: FeatureStore) -> None:
        """Paint on a project with what is known of its photos."""
        self._project = project
        self._features = features
        self._context: ToolContext | None = None
        self._start: Point = (0.0, 0.0)
        self._now: Point = (0.0, 0.0)
        self._area: Area | None = None
        self._is_released = False
        features.ready.connect(self._ready)
        features.failed.connect(lambda _: self.cancel())

    @property
    def is_active(self) -> bool:
        """Whether a button is down, or the photo is not ready."""
        return self._context is not None

    @property
    def sketch(self) -> Sketch | None:
        """What would be painted, or where the photo is waited for."""
        if self._context is None:
            return None
        waits = None if self._area is not None else self._start
        return Sketch(self._context.class_id, area=self._area, waits_at=waits)

    def press(self, context: ToolContext, point: Point) -> None:
        """Begin; outside the photo nothing begins."""
        self.cancel()
        height, width = self._project.scene.frames[context.frame_idx].mask_shape
        if not (-0.5 <= point[0] < width - 0.5 and -0.5 <= point[1] < height - 0.5):
            return
        self._context, self._start, self._now = context, point, point
        features = self._features.request(context.frame_idx)
        if features is not None and self._area is None:
            self._begin(features)

    def drag(self, point: Point) -> None:
        """Change what would be painted."""
        if self._context is None:
            return
        self._now = point
        if self._features.get(self._context.frame_idx) is not None:
            self._select()

    def release(self) -> None:
        """Paint, now or when the photo is ready."""
        self._is_released = True
        if self._context is not None and self._area is not None:
            self._paint(self._context, self._area)

    def cancel(self) -> None:
        """Forget what is under way."""
        self._context, self._area, self._is_released = None, None, False

    def _begin(self, features: PhotoFeatures) -> None:
        """The features are there: select for the first time."""
        raise NotImplementedError

    def _select(self) -> None:
        """Select again after a movement."""
        raise NotImplementedError

    def _ready(self, frame_idx: int) -> None:
        context, features = self._context, self._features.get(frame_idx)
        if context is None or features is None or context.frame_idx != frame_idx:
            return
        self._begin(features)
        if self._is_released and self._area is not None:
            self._paint(context, self._area)

    def _paint(self, context: ToolContext, area: Area) -> None:
        self.cancel()
        if area[0].is_empty:
            return
        self._project.paint_area(
            context.frame_idx,
            area[0],
            coverage=area[1],
            class_id=context.class_id,
            protect=context.protect,
            name=self.title if context.class_id else "erase",
        )


class AssistTool(_SelectionTool):
    """Press inside a thing, drag to grow the selection to its edge."""

    title = "assist"
    _growth: Growth | None = None

    def _begin(self, features: PhotoFeatures) -> None:
        self._growth = start_growth(features, self._start)
        self._select()

    def _select(self) -> None:
        if self._growth is not None:
            reach = hypot(self._now[0] - self._start[0], self._now[1] - self._start[1])
            self._area = self._growth.select(reach)


class FillTool(_SelectionTool):
    """Click into a region; a drag to the right takes in more, to the left less."""

    title = "fill"
    _photo: PhotoFeatures | None = None
    _level = -1

    def _begin(self, features: PhotoFeatures) -> None:
        self._photo, self._level = features, -1
        self._select()

    def _select(self) -> None:
        if self._photo is None or self._context is None:
            return
        across = (self._now[0] - self._start[0]) / self._photo.mask_shape[1]
        tolerance = min(1.0, max(0.0, DEFAULT_TOLERANCE + across / _TOLERANCE_REACH))
        level = round(tolerance * (len(self._photo.levels) - 1))
        if level != self._level:
            self._level = level
            mask = self._project.mask(self._context.frame_idx)
            self._area = fill(self._photo, mask, self._start, tolerance=tolerance)


class OutlineTool(_SelectionTool):
    """Draw roughly around a thing; what differs from its surroundings is selected (GrabCut)."""

    title = "outline"

    def __init__(self, project: Project, features: FeatureStore) -> None:
        """Paint on a project with what is known of its photos."""
        super().__init__(project, features)
        self._line: list[Point] = []

    @property
    def sketch(self) -> Sketch | None:
        """The line drawn so far."""
        if self._context is None:
            return None
        waits = self._start if self._is_released else None
        return Sketch(self._context.class_id, tuple(self._line), waits_at=waits)

    def press(self, context: ToolContext, point: Point) -> None:
        """Begin the line."""
        super().press(context, point)
        if self._context is not None:
            self._line = [point]

    def drag(self, point: Point) -> None:
        """Draw on."""
        if self._context is None or self._is_released:
            return
        last = self._line[-1]
        if hypot(point[0] - last[0], point[1] - last[1]) >= _LEAST_STEP:
            self._line.append(point)

    def release(self) -> None:
        """Close the line and cut, now or when the photo is ready."""
        self._is_released = True
        features = None
        if self._context is not None:
            features = self._features.get(self._context.frame_idx)
        if features is not None:
            self._begin(features)

    def cancel(self) -> None:
        """Forget the line, and a cut under way."""
        super().cancel()
        self._line = []
        self._project.jobs.cancel("outline")

    def _begin(self, features: PhotoFeatures) -> None:
        if not self._is_released or self._context is None:
            return
        context, corners = self._context, np.array(self._line)
        if len(corners) < 3:
            self.cancel()
            return
        self._project.jobs.submit(
            "outline",
            lambda _: grabcut(features, corners),
            done=lambda area: self._cut(context, area),
            failed=self._features.failed.emit,
            urgent=True,
        )

    def _cut(self, context: ToolContext, area: Area) -> None:
        if area[0].is_empty:
            self._features.failed.emit(PaintError(_NOTHING))
        self._paint(context, area)
        self._features.changed.emit()

    def _select(self) -> None:
        """Nothing is selected before the line is closed."""


FILL = ToolSpec(
    "fill",
    "Fill a region",
    "paint-bucket",
    lambda parts: FillTool(parts.project, parts.features),
    keys=("F",),
    hint="Fill: click into a region; drag right for more, left for less",
    needs_features=True,
)
ASSIST = ToolSpec(
    "assist",
    "Assist: press and drag",
    "wand-sparkles",
    lambda parts: AssistTool(parts.project, parts.features),
    keys=("A",),
    hint="Assist: press inside a thing and drag until it is selected",
    needs_features=True,
)
OUTLINE = ToolSpec(
    "outline",
    "Rough outline",
    "focus",
    lambda parts: OutlineTool(parts.project, parts.features),
    keys=("D",),
    hint="Rough outline: draw around a thing; what differs from its surroundings is painted",
    needs_features=True,
)
