"""What the paint panel is told: whom to call, and how labels and brush look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from o3d_paint.core.arrays import BoolArray, RgbArray

__all__ = ["LIGHT", "CanvasActions", "CanvasStyle"]

LIGHT = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class CanvasActions:
    """What to call; positions are mask pixels.

    Attributes:
        press: A tool's button went down: position, whether it is the erasing one, whether it is
            the second of a double click, and how many mask pixels count as the same place.
        drag: It moved.
        release: It went up.
        pick: Take the class at a position.
        brush_steps: Make the brush bigger by so many steps, or smaller.
        hover: The pointer's position with no button down, None when it left.
    """

    press: Callable[[float, float, bool, bool, float], None]
    drag: Callable[[float, float], None]
    release: Callable[[], None]
    pick: Callable[[float, float], None]
    brush_steps: Callable[[float], None]
    hover: Callable[[tuple[float, float] | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class CanvasStyle:
    """How labels and brush look.

    Attributes:
        colors: (M, 3) by class id.
        visible: (M,) whether a class shows.
        opacity: Of labels, 0 to 1.
        radius: Of the brush in mask pixels; None draws no outline.
        brush_color: Of the outline's inner line.
    """

    colors: RgbArray
    visible: BoolArray
    opacity: float = 0.6
    radius: float | None = 20.0
    brush_color: tuple[int, int, int] = LIGHT
