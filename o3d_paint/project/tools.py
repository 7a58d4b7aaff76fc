"""Tools: what a press, a drag and a release on a photo do to the project.

A tool knows neither window nor widget: positions are mask pixels. Built-in tools are a literal
table; the window asks it for the tool that is active.
"""

from __future__ import annotations

from collections.abc import Callable

from o3d_paint.project.features import FeatureStore
from o3d_paint.project.gestures import Point, Sketch, Tool, ToolContext
from o3d_paint.project.polygon_tool import PolygonTool
from o3d_paint.project.project import Project
from o3d_paint.project.selection_tools import AssistTool, FillTool, OutlineTool

__all__ = ["SELECTION_TOOLS", "TOOLS", "BrushTool", "Sketch", "Tool", "ToolContext"]


class BrushTool(Tool):
    """A round brush; with class 0 an eraser."""

    def __init__(self, project: Project, features: FeatureStore) -> None:
        """Paint on a project."""
        del features
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


TOOLS: dict[str, Callable[[Project, FeatureStore], Tool]] = {
    "brush": BrushTool,
    "eraser": BrushTool,
    "polygon": PolygonTool,
    "fill": FillTool,
    "assist": AssistTool,
    "outline": OutlineTool,
}
"""How to make a tool, by its id."""

SELECTION_TOOLS = frozenset({"fill", "assist", "outline"})
"""Tools that need a photo's features."""
