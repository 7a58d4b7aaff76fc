"""The round brush, and the eraser."""

from __future__ import annotations

from o3d_paint.project.gestures import Point, Tool, ToolContext
from o3d_paint.project.project import Project
from o3d_paint.project.tool_spec import ToolSpec

__all__ = ["BRUSH", "ERASER", "BrushTool"]

_RADIUS = 24.0


class BrushTool(Tool):
    """A round brush; with class 0 an eraser."""

    def __init__(self, project: Project) -> None:
        """Paint on a project."""
        self._project = project

    @property
    def is_active(self) -> bool:
        """Whether a stroke is under way."""
        return self._project.is_stroking

    def press(self, context: ToolContext, point: Point) -> None:
        """Put the brush down."""
        self._project.begin_stroke(
            context.frame_idx,
            point,
            class_id=context.class_id,
            radius=context.radius,
            protect=context.protect,
        )

    def drag(self, point: Point) -> None:
        """Paint a straight line from the last position."""
        if self._project.is_stroking:
            self._project.extend_stroke(point)

    def release(self) -> None:
        """Lift the brush: the stroke is one step of the history."""
        self._project.end_stroke()

    def cancel(self) -> None:
        """Take the stroke back; nothing enters the history."""
        self._project.cancel_stroke()


BRUSH = ToolSpec(
    "brush",
    "Brush",
    "brush",
    lambda parts: BrushTool(parts.project),
    keys=("B", "P"),
    radius=_RADIUS,
    divider=True,
)
ERASER = ToolSpec(
    "eraser",
    "Eraser (hold: for a moment)",
    "eraser",
    lambda parts: BrushTool(parts.project),
    keys=("E",),
    radius=_RADIUS,
    erases=True,
    is_held=True,
)
