"""Rectangles of whole device pixels."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Box"]


class Box(NamedTuple):
    """A half-open rectangle: x0 and y0 belong to it, x1 and y1 do not."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def sized(cls, x: int, y: int, width: int, height: int) -> Box:
        """Return the box with this upper left corner and size."""
        return cls(x, y, x + max(0, width), y + max(0, height))

    @property
    def width(self) -> int:
        """Width, never below 0."""
        return max(0, self.x1 - self.x0)

    @property
    def height(self) -> int:
        """Height, never below 0."""
        return max(0, self.y1 - self.y0)

    @property
    def is_empty(self) -> bool:
        """Whether no pixel belongs to the box."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    def holds(self, x: float, y: float) -> bool:
        """Return whether a position lies inside."""
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1

    def inset(self, dx: int, dy: int | None = None) -> Box:
        """Return the box with its edges moved inwards."""
        dy = dx if dy is None else dy
        return Box(self.x0 + dx, self.y0 + dy, self.x1 - dx, self.y1 - dy)

    def moved(self, dx: int, dy: int) -> Box:
        """Return the box shifted."""
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def cut(self, other: Box) -> Box:
        """Return the part that lies in both boxes; it may be empty."""
        return Box(
            max(self.x0, other.x0),
            max(self.y0, other.y0),
            min(self.x1, other.x1),
            min(self.y1, other.y1),
        )

    def meets(self, other: Box) -> bool:
        """Return whether the boxes share a pixel."""
        return not self.cut(other).is_empty

    def middle(self, width: int, height: int) -> Box:
        """Return a box of the given size with the same centre."""
        x = self.x0 + (self.width - width) // 2
        y = self.y0 + (self.height - height) // 2
        return Box.sized(x, y, width, height)
