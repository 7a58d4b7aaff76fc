"""What every tool is told, and what it shows of a gesture that is under way."""

from __future__ import annotations

from dataclasses import dataclass

from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.mask import Rect

__all__ = ["Point", "Sketch", "Tool", "ToolContext"]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a gesture works with; it does not change while the gesture lasts.

    Attributes:
        frame_idx: The photo.
        class_id: The class painted; 0 erases.
        radius: Of brush and eraser, in mask pixels.
        protect: Whether pixels that have a label keep it.
        is_double: Whether the press is the second of a double click.
        grip: How near counts as the same place, in mask pixels.
        modifiers: Keys held at the press, such as "shift".
    """

    frame_idx: int
    class_id: int
    radius: float
    protect: bool = False
    is_double: bool = False
    grip: float = 6.0
    modifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """What a gesture would do if it ended now; positions are mask pixels.

    Attributes:
        class_id: The class that would be painted; 0 erases.
        line: Corners of an outline, in order.
        has_corners: Whether corners are marked.
        area: Rectangle and (h, w) coverage that would be painted.
        waits_at: Where something is being computed; None where nothing is.
        num_corners: How many were set; the line may lead on to the pointer.
    """

    class_id: int
    line: tuple[Point, ...] = ()
    has_corners: bool = False
    area: tuple[Rect, BoolArray] | None = None
    waits_at: Point | None = None
    num_corners: int = 0


class Tool:
    """A gesture from press to release, or to Escape. Tools override what they need."""

    def press(self, context: ToolContext, point: Point) -> None:
        """A button went down at a mask position, which may lie outside the photo."""

    def drag(self, point: Point) -> None:
        """The pointer moved with the button held."""

    def look(self, context: ToolContext | None, point: Point) -> None:
        """The pointer moved over a photo while nothing is under way; None over no photo."""

    def hover(self, point: Point) -> None:
        """The pointer moved without a button."""

    def release(self) -> None:
        """The button went up."""

    def cancel(self) -> None:
        """Take back what is under way."""

    def confirm(self) -> bool:
        """End a gesture of several presses; returns whether there was one."""
        return False

    def step_back(self) -> bool:
        """Take back the last press of several; returns whether there was one."""
        return False

    @property
    def is_active(self) -> bool:
        """Whether something is under way."""
        return False

    @property
    def sketch(self) -> Sketch | None:
        """What to show of the gesture; None for nothing."""
        return None
