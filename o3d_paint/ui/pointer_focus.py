"""Which widget the pointer is over, and where the mouse really was when a button went down or up.

With a press or release Open3D does not tell where it happened but where the pointer is by the time
that it gets round to the event (`glfwGetCursorPos` in its `MouseButtonCallback`), and hands a press
to the widget that is there. Behind a frame of half a second that is the middle of a stroke, or
another panel. Movements do carry their own places, arrive in order with the buttons, and reach
every widget, so the last movement before tells the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from open3d.visualization import gui

from o3d_paint.ui.events import PointerEvent

__all__ = ["PointerFocus", "PointerTarget", "is_inside"]

_Type = gui.MouseEvent.Type


class PointerTarget(Protocol):
    """A widget that takes mouse events."""

    @property
    def visible(self) -> bool:
        """Whether it shows at all."""
        ...

    def contains(self, x: int, y: int) -> bool:
        """Return whether it shows at a place of the window, device pixels."""
        ...

    def take(self, event: Any, x: int, y: int) -> None:
        """Take Open3D's event as one that happened at a place of the window."""
        ...

    def left(self) -> None:
        """The pointer is elsewhere."""
        ...


class PointerFocus:
    """Shared by all widgets of a window: gives each mouse event to the one that it was meant for.

    Attributes:
        modal: The one that keeps all others waiting, None for none.
        on_outside: Called for a press beside it.
    """

    def __init__(self) -> None:
        """Start over nothing."""
        self.modal: PointerTarget | None = None
        self.on_outside: Callable[[], None] | None = None
        self._over: PointerTarget | None = None
        self._grabber: PointerTarget | None = None
        self._at: tuple[int, int] | None = None

    def dispatch(self, event: Any, target: PointerTarget) -> None:
        """Hand an event on.

        Args:
            event: Open3D's.
            target: The widget that Open3D gave it to.
        """
        at, kind = (int(event.x), int(event.y)), event.type
        if kind in (_Type.MOVE, _Type.DRAG):
            self._at = at
        elif kind == _Type.BUTTON_DOWN and self._grabber is None:
            target, at = self._pressed(target, at)
        elif kind in (_Type.BUTTON_DOWN, _Type.BUTTON_UP):
            at = self._at or at
        target = self._grabber or target
        if kind == _Type.BUTTON_DOWN:
            self._grabber = target
        elif kind != _Type.DRAG and kind != _Type.WHEEL:
            # A movement without a button: the release got lost.
            self._grabber = None
        self._enter(target)
        target.take(event, *at)

    def lets(self, target: PointerTarget, event: PointerEvent) -> bool:
        """Return whether a widget may have an event; a click beside a modal card closes that."""
        if self.modal is None or target is self.modal or not self.modal.visible:
            return True
        if event.kind == "down" and self.on_outside is not None:
            self.on_outside()
        return False

    def leave(self) -> None:
        """The pointer is over something that is not ours."""
        if self._over is not None:
            self._over.left()
        self._over = self._at = None

    def _enter(self, target: PointerTarget) -> None:
        if self._over is not None and self._over is not target:
            self._over.left()
        self._over = target

    def _pressed(
        self, target: PointerTarget, at: tuple[int, int]
    ) -> tuple[PointerTarget, tuple[int, int]]:
        """Return which widget a press was on, and where."""
        if self._at is None:
            return target, at
        if target.contains(*self._at):
            return target, self._at
        if self._over is not None and self._over.contains(*self._at):
            return self._over, self._at
        return target, at


def is_inside(frame: Any, x: int, y: int) -> bool:
    """Return whether a place of the window is inside a rectangle (gui.Rect), device pixels."""
    return bool(0 <= x - frame.x < frame.width and 0 <= y - frame.y < frame.height)
