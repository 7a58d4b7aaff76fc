"""What floats above the other panels: a card with a border that says how big it wants to be."""

from __future__ import annotations

from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Align, Canvas
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Item, Look
from o3d_paint.ui.panels.text import Font, wrapped
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["Paragraph", "Popup", "bounded", "inner_width", "line_height", "paragraph_height"]


class Popup(ItemPanel):
    """A card. Its corners are square, since the picture that it covers is not its to know.

    The window asks `preferred_size`, calls `resize` with that, and places the card.
    """

    background = theme.PANEL
    border: Color = theme.BORDER

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the width and height in device pixels that show everything, within a maximum."""
        raise NotImplementedError

    def key(self, event: KeyEvent) -> bool:
        """Take a key while the card is open; return whether it was used."""
        return False

    def draw_ground(self, canvas: Canvas) -> None:
        """Draw the card."""
        canvas.fill(canvas.box, self.border)
        canvas.fill(canvas.box.inset(canvas.metrics.line), self.background)


def line_height(size: int) -> int:
    """Return the distance of baselines for a size of text."""
    return round(size * 1.5)


def paragraph_height(text: str, size: int, width: int, max_lines: int = 99) -> int:
    """Return the height of wrapped text; nothing for no text."""
    if not text:
        return 0
    return len(wrapped(text, Font(size), width, max_lines)) * line_height(size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph(Item):
    """Text wrapped to the width of its box; the last line that fits is shortened."""

    text: str
    color: Color = theme.TEXT
    size: int = 0
    align: Align = "left"
    is_solid: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Set the lines from the top."""
        size = self.size or canvas.metrics.body
        pitch = line_height(size)
        room = max(1, self.box.height // pitch)
        for number, line in enumerate(wrapped(self.text, Font(size), self.box.width, room)):
            top = self.box.y0 + number * pitch
            place = Box(self.box.x0, top, self.box.x1, top + pitch)
            canvas.text(place, line, self.color, font=Font(size), align=self.align)


def bounded(size: tuple[int, int], max_width: int, max_height: int) -> tuple[int, int]:
    """Return a size that is positive and within a maximum."""
    return max(1, min(size[0], max_width)), max(1, min(size[1], max_height))


def inner_width(metrics: Metrics, width: int) -> int:
    """Return the width inside a card's margins."""
    return max(1, width - 2 * metrics.grid(5))
