"""Tools: what a press, a drag and a release on a photo do to the project.

A tool knows neither window nor widget: positions are mask pixels. Built-in tools are a literal
table; the window asks it for the tool that is active.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from o3d_paint.project.project import Project

__all__ = ["TOOLS", "BrushTool", "Tool", "ToolContext"]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a gesture works with; it does not change while the gesture lasts.

    Attributes:
        frame_idx: The photo.
        class_id: The class painted; 0 erases.
        radius: Of brush and eraser, in mask pixels.
        protect: Whether pixels that have a label keep it.
    """

    frame_idx: int
    class_id: int
    radius: float
    protect: bool = False


class Tool(Protocol):
    """A gesture from press to release, or to Escape."""

    def press(self, context: ToolContext, point: Point) -> None:
        """A button went down at a mask position, which may lie outside the photo."""

    def drag(self, point: Point) -> None:
        """The pointer moved with the button held."""

    def release(self) -> None:
        """The button went up."""

    def cancel(self) -> None:
        """Take back what is under way."""

    @property
    def is_active(self) -> bool:
        """Whether something is under way."""


class BrushTool:
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


TOOLS: dict[str, Callable[[Project], Tool]] = {"brush": BrushTool, "eraser": BrushTool}
"""How to make a tool, by its id."""
