"""The bar between the 3D view and the photo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Item, Look
from o3d_paint.ui.theme import Metrics

__all__ = ["Splitter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grip(Item):
    """The whole bar, with a few dots to hold it by."""

    def draw(self, canvas: Canvas, look: Look) -> None:
        m = canvas.metrics
        is_hot = look.is_inside or look.is_pressed
        if is_hot:
            canvas.fill(self.box, theme.ACCENT_FILL if look.is_pressed else theme.HOVER)
        x = (self.box.x0 + self.box.x1) / 2
        middle = (self.box.y0 + self.box.y1) / 2
        for step in (-1, 0, 1):
            color = theme.TEXT if is_hot else theme.TEXT_DIM
            canvas.disc(x, middle + step * m.grid(2), max(1.0, m.em / 12), color)


class Splitter(ItemPanel):
    """A thin upright bar that can be dragged sideways.

    Args:
        on_move: Called while it is dragged, with the device pixels that it should move to the
            right from where it is now.
        on_reset: Called at a double click.
    """

    background = theme.WINDOW

    def __init__(self, on_move: Callable[[float], None], on_reset: Callable[[], None]) -> None:
        super().__init__()
        self._on_move = on_move
        self._on_reset = on_reset
        self._grip_x = 0.0

    @staticmethod
    def preferred_width(em: float) -> int:
        """Return the width in device pixels."""
        return max(6, Metrics(em).grid(2))

    def build(self) -> Sequence[Item]:
        """Return the one thing there is."""
        return [_Grip(key="grip", box=self.box, tooltip="Drag to resize, double click to reset")]

    def on_press(self, item: Item, event: PointerEvent) -> None:
        """Take hold, or reset."""
        self._grip_x = event.x
        if event.is_double:
            self._on_reset()

    def on_drag(self, item: Item, event: PointerEvent) -> None:
        """Follow the pointer."""
        if event.x != self._grip_x:
            self._on_move(event.x - self._grip_x)
