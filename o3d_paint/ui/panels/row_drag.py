"""Dragging a row of a list to another place."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RowDrag"]


@dataclass(slots=True)
class RowDrag:
    """One row under way, which takes the place of the row under the pointer.

    Attributes:
        row: Which one, -1 for none.
        target: Where it would go; the same where it would stay.
    """

    row: int = -1
    target: int = -1

    @property
    def gap(self) -> int | None:
        """Before which row it would go, None where it would stay."""
        if self.target == self.row:
            return None
        return self.target if self.target < self.row else self.target + 1

    def grab(self, row: int) -> None:
        """A button went down on a row."""
        self.row = self.target = row

    def move(self, at: float, *, pitch: int, count: int) -> bool:
        """The pointer moved so far down the list; returns whether the target changed."""
        before = self.target
        if self.row >= 0:
            self.target = min(count - 1, max(0, int(at // pitch)))
        return self.target != before

    def drop(self) -> int | None:
        """The button went up: return the row's new position, None where it stays."""
        target = None if self.target == self.row else self.target
        self.row = self.target = -1
        return target
