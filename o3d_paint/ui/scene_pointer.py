"""The mouse over the 3D view, as pointer events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from open3d.visualization import gui

from o3d_paint.ui.event_source import PointerSource
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.guard import Guard
from o3d_paint.ui.panel_host import CONSUMED, IGNORED
from o3d_paint.ui.pointer_focus import PointerFocus, is_inside

__all__ = ["ScenePointer"]


class ScenePointer:
    """Takes the mouse events of a scene widget from it; the toolkit's own turning gets none.

    It would tilt the horizon, and it knows nothing of tools.

    Args:
        widget: Open3D's scene widget.
        on_event: Told of each event and where in the window it was, device pixels.
        focus: Shared by all widgets of the window.
        guard: For the callback.
    """

    def __init__(
        self,
        widget: Any,
        on_event: Callable[[PointerEvent, int, int], None],
        *,
        focus: PointerFocus,
        guard: Guard,
    ) -> None:
        self._widget = widget
        self._on_event = on_event
        self._focus = focus
        self._source = PointerSource()
        self._guard = guard
        self.listen_to(widget)

    def listen_to(self, widget: Any) -> None:
        """Take the mouse events of a widget that lies over the 3D view, too."""
        widget.set_on_mouse(self._guard.wrap(self._on_mouse, CONSUMED))

    @property
    def visible(self) -> bool:
        """Whether the 3D view shows."""
        return bool(self._widget.visible)

    def contains(self, x: int, y: int) -> bool:
        """Return whether the 3D view shows at a place of the window."""
        return self.visible and is_inside(self._widget.frame, x, y)

    def take(self, event: Any, x: int, y: int) -> None:
        """Take a mouse event that happened at a place of the window."""
        frame = self._widget.frame
        for converted in self._source.convert(event, x - frame.x, y - frame.y):
            if self._focus.lets(self, converted):
                self._on_event(converted, x, y)

    def left(self) -> None:
        """Tell that the pointer is elsewhere."""
        self._on_event(PointerEvent("leave", -1.0, -1.0), 0, 0)

    def _on_mouse(self, event: Any) -> Any:
        self._focus.dispatch(event, self)
        return IGNORED if event.type == gui.MouseEvent.Type.MOVE else CONSUMED
