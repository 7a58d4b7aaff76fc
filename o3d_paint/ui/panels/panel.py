"""What the window asks of a panel: draw yourself, take the pointer, say what lies under it."""

from __future__ import annotations

from typing import Protocol

from o3d_paint.core.arrays import RgbArray
from o3d_paint.ui.events import PointerEvent

__all__ = ["Panel"]


class Panel(Protocol):
    """A rectangle of the window that is drawn by our own code.

    A panel never touches the window: it takes plain view models, and tells what the user did
    through callbacks given at its construction.
    """

    def resize(self, width: int, height: int, *, em: float) -> None:
        """Take a new size.

        Args:
            width: Device pixels, at least 1.
            height: Device pixels, at least 1.
            em: Height of the window's font in device pixels; every size derives from it.
        """

    def draw(self) -> RgbArray:
        """Return the (H, W, 3) uint8 C-contiguous picture of the panel, and become clean."""

    def pointer(self, event: PointerEvent) -> None:
        """Take a pointer event in the panel's own device pixels."""

    @property
    def is_dirty(self) -> bool:
        """Whether the picture changed since the last `draw`."""

    @property
    def tooltip(self) -> str:
        """What to say about the thing under the pointer; empty for nothing."""
