"""The polygon: corner by corner, closed by Enter, a double click, or a click on the first one."""

from __future__ import annotations

from math import hypot

import numpy as np

from o3d_paint.core.brush import polygon
from o3d_paint.project.gestures import Point, Sketch, Tool, ToolContext
from o3d_paint.project.project import Project
from o3d_paint.project.tool_spec import ToolSpec

__all__ = ["POLYGON", "PolygonTool"]

_FEWEST = 3


class PolygonTool(Tool):
    """Paints or erases the inside of a polygon.

    The button of the first corner sets more of them, the other button takes the last one away:
    so the right button removes corners, and a polygon that it begins erases.
    """

    def __init__(self, project: Project) -> None:
        """Paint on a project."""
        self._project = project
        self._context: ToolContext | None = None
        self._corners: list[Point] = []
        self._hover: Point | None = None

    @property
    def is_active(self) -> bool:
        """Whether there is a corner."""
        return bool(self._corners)

    @property
    def sketch(self) -> Sketch | None:
        """The corners, and the inside that they enclose with the pointer."""
        if self._context is None or not self._corners:
            return None
        line = list(self._corners)
        if self._hover is not None:
            line.append(self._hover)
        area = None
        if len(line) >= _FEWEST:
            area = polygon(self._shape(self._context), np.array(line))
        return Sketch(
            self._context.class_id,
            tuple(line),
            has_corners=True,
            area=area,
            num_corners=len(self._corners),
        )

    def press(self, context: ToolContext, point: Point) -> None:
        """Set a corner, take one away, or close."""
        known = self._context
        if known is None or not self._corners or known.frame_idx != context.frame_idx:
            self._context, self._corners = context, [point]
        elif (context.class_id == 0) != (known.class_id == 0):
            self.step_back()
        elif context.is_double or self._is_first(point, context.grip):
            self.confirm()
        else:
            self._corners.append(point)
        self._hover = None

    def drag(self, point: Point) -> None:
        """Move the corner that was just set."""
        if self._corners:
            self._corners[-1] = point

    def hover(self, point: Point) -> None:
        """Lead the next edge to the pointer."""
        self._hover = point if self._corners else None

    def cancel(self) -> None:
        """Forget the polygon."""
        self._context, self._corners, self._hover = None, [], None

    def step_back(self) -> bool:
        """Take the last corner away."""
        if not self._corners:
            return False
        self._corners.pop()
        if not self._corners:
            self.cancel()
        return True

    def confirm(self) -> bool:
        """Paint the inside as one step; fewer than three corners are forgotten."""
        context, corners = self._context, self._corners
        self.cancel()
        if context is None or not corners:
            return False
        if len(corners) < _FEWEST:
            return True
        found = polygon(self._shape(context), np.array(corners))
        if found is not None:
            self._project.paint_area(
                context.frame_idx,
                found[0],
                coverage=found[1],
                class_id=context.class_id,
                protect=context.protect,
                name="polygon",
            )
        return True

    def _is_first(self, point: Point, grip: float) -> bool:
        first = self._corners[0]
        is_near = hypot(point[0] - first[0], point[1] - first[1]) <= grip
        return is_near and len(self._corners) >= _FEWEST

    def _shape(self, context: ToolContext) -> tuple[int, int]:
        return self._project.scene.frames[context.frame_idx].mask_shape


POLYGON = ToolSpec(
    "polygon",
    "Polygon",
    "pentagon",
    lambda parts: PolygonTool(parts.project),
    keys=("G", "L"),
    hint="Polygon: click its corners; Enter or a double click closes it",
)
