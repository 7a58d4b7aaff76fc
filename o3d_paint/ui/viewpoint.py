"""What one project shows at a moment: enough to show the same in another process."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Viewpoint"]


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Photo, class and eye.

    Attributes:
        photo: Position of the open photo; None for none.
        class_id: The class that is painted.
        eye: Position (3), pivot (3) and field of view of the eye in the 3D view; None without one.
    """

    photo: int | None
    class_id: int
    eye: tuple[float, ...] | None = None
