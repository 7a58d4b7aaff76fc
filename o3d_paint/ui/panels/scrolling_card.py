"""A card with rows that scroll: by the wheel, and by a bar that can be dragged."""

from __future__ import annotations

from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.controls import Scrollbar
from o3d_paint.ui.panels.items import Item
from o3d_paint.ui.panels.popup import Popup
from o3d_paint.ui.panels.scrolling import Scroll

__all__ = ["ScrollingCard"]

_ROWS_A_STEP = 3


class ScrollingCard(Popup):
    """A card that scrolls; what is built places its rows by the offset and adds the bar."""

    def __init__(self) -> None:
        """Start at the top."""
        super().__init__()
        self._scroll = Scroll()

    @property
    def row_height(self) -> int:
        """Height of a row in device pixels."""
        return self.metrics.control

    def on_press(self, item: Item, event: PointerEvent) -> None:
        """Take hold of the scrollbar."""
        if isinstance(item, Scrollbar) and self._scroll.grip(item, event.y):
            self.rebuild()

    def on_drag(self, item: Item, event: PointerEvent) -> None:
        """Drag the scrollbar."""
        if isinstance(item, Scrollbar) and self._scroll.drag(item, event.y):
            self.rebuild()

    def on_wheel(self, item: Item | None, event: PointerEvent) -> None:
        """Scroll by three rows a step."""
        if self._scroll.to(self._scroll.offset - event.wheel * _ROWS_A_STEP * self.row_height):
            self.rebuild()
