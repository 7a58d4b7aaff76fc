"""Panels in the window: each is one image, a direct child of the window.

Only a direct child that answers CONSUMED to a button keeps getting the drag when the pointer
leaves it. Images are handed over at the size of the frame or a little larger, not scaled; a new
size costs texture memory that Open3D does not give back, so buffers grow in steps.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import open3d as o3d
from open3d.visualization import gui

from o3d_paint.core.arrays import RgbArray
from o3d_paint.ui.event_source import PointerSource
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.guard import Guard
from o3d_paint.ui.keep_alive import retire
from o3d_paint.ui.panels.panel import Panel
from o3d_paint.ui.pointer_focus import PointerFocus, is_inside

__all__ = ["PanelHost"]

_STEP = 64
_UNPLACED = (0, 0)
_BUFFERS = 4  # the driver reads an image after the call that hands it over
_numbers = itertools.count(1)

CONSUMED = gui.Widget.EventCallbackResult.CONSUMED
IGNORED = gui.Widget.EventCallbackResult.IGNORED


class PanelHost:
    """A panel with its image widget.

    Args:
        panel: What is shown.
        focus: Shared by all widgets of the window.
        guard: For the callbacks.
        on_event: Told of each event after the panel had it; for tooltips and latency.
    """

    def __init__(
        self,
        panel: Panel,
        *,
        focus: PointerFocus,
        guard: Guard,
        on_event: Callable[[PointerEvent], None] | None = None,
    ) -> None:
        self.panel = panel
        self.widget = gui.ImageWidget(_first_image())
        self.widget.ui_image.scaling = gui.UIImage.Scaling.NONE
        # No widget is less than 32 pixels wide to the toolkit; what it adds must not show.
        self.widget.background_color = gui.Color(0, 0, 0, 0)
        self.widget.set_on_mouse(guard.wrap(self._on_mouse, CONSUMED))
        self._draw = guard.wrap(self._draw_panel, False)
        self._focus = focus
        self._source = PointerSource()
        self._on_event = on_event
        self._size = (1, 1)
        self._pointer: tuple[int, int] | None = None
        self._buffers: list[RgbArray] = []
        self._next = 0

    @property
    def frame(self) -> Any:
        """The widget's rectangle in the window, device pixels."""
        return self.widget.frame

    @property
    def is_held(self) -> bool:
        """Whether a drag that began here goes on."""
        return self._source.is_held

    @property
    def visible(self) -> bool:
        """Whether the panel shows."""
        return bool(self.widget.visible)

    def show(self, visible: bool) -> None:
        """Show or hide the panel."""
        if self.widget.visible != visible:
            self.widget.visible = visible

    def place(self, rect: Any, em: float) -> None:
        """Give the panel a rectangle (gui.Rect) in the window."""
        self.widget.frame = rect
        size = (max(1, int(rect.width)), max(1, int(rect.height)))
        if size != self._size:
            is_new = self._size == _UNPLACED
            self._size = size
            self.panel.resize(*size, em=em)
            if is_new and self._pointer is not None and self.contains(*self._pointer):
                x, y = self._pointer
                self.panel.pointer(PointerEvent("move", x - rect.x, y - rect.y))

    def swap(self, panel: Panel) -> None:
        """Show another panel from now on; the next `place` tells it its size and the pointer."""
        self.panel = panel
        self._size = _UNPLACED

    def update(self) -> bool:
        """Draw and hand over the picture if it changed; returns whether it did."""
        if not self.visible or not self.panel.is_dirty:
            return False
        return self._draw()

    def _draw_panel(self) -> bool:
        picture = self.panel.draw()
        height, width = picture.shape[:2]
        buffer = self._buffer(height, width)
        # Of an image that is larger than its frame Open3D shows the lower left part.
        buffer[-height:, :width] = picture
        image = o3d.t.geometry.Image(o3d.core.Tensor.from_numpy(buffer))
        self.widget.update_image(image)
        return True

    def _buffer(self, height: int, width: int) -> RgbArray:
        rows, columns = (-(-side // _STEP) * _STEP for side in (height, width))
        if not self._buffers or self._buffers[0].shape[:2] != (rows, columns):
            retire(*self._buffers)
            self._buffers = [np.zeros((rows, columns, 3), np.uint8) for _ in range(_BUFFERS)]
        self._next = (self._next + 1) % _BUFFERS
        return self._buffers[self._next]

    def contains(self, x: int, y: int) -> bool:
        """Return whether the panel shows at a place of the window."""
        return self.visible and is_inside(self.frame, x, y)

    def take(self, event: Any, x: int, y: int) -> None:
        """Take a mouse event that happened at a place of the window."""
        self._pointer = x, y
        frame = self.frame
        for converted in self._source.convert(event, x - frame.x, y - frame.y):
            if not self._focus.lets(self, converted):
                continue
            self.panel.pointer(converted)
            if self._on_event is not None:
                self._on_event(converted)
        # The toolkit draws between events, before the next tick: hand over at once, or the frame
        # shows what was before.
        if self._source.is_held:
            self.update()

    def left(self) -> None:
        """Tell the panel that the pointer is elsewhere."""
        self._pointer = None
        self.panel.pointer(PointerEvent("leave", -1.0, -1.0))

    def _on_mouse(self, event: Any) -> Any:
        self._focus.dispatch(event, self)
        return CONSUMED


def _first_image() -> Any:
    """Return a small image unlike any before: equal ones would share one texture."""
    number = next(_numbers)
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[0, 0] = (number % 256, number // 256, 77)
    return o3d.geometry.Image(pixels)
