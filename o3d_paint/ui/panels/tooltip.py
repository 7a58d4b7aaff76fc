"""The small card that says what lies under the pointer."""

from __future__ import annotations

from collections.abc import Sequence

from o3d_paint.ui import theme
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.items import Item
from o3d_paint.ui.panels.popup import Paragraph, Popup, bounded, paragraph_height
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["Tooltip"]

_MAX_LINES = 4


class Tooltip(Popup):
    """A line or a few lines of text beside the pointer."""

    background = theme.HOVER
    border = theme.DISABLED

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def set_model(self, text: str) -> None:
        """Show another text."""
        if text != self._text:
            self._text = text
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the size that shows the text; (1, 1) when there is none."""
        m = Metrics(em)
        if not self._text:
            return 1, 1
        room = min(m.grid(90), max_width - m.grid(4))
        longest = max(text_width(line, Font(m.small)) for line in self._text.split("\n"))
        width = max(1, min(room, longest))
        height = paragraph_height(self._text, m.small, width, _MAX_LINES)
        return bounded((width + m.grid(4), height + m.grid(2)), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out the text."""
        m = self.metrics
        box = Box(m.grid(2), m.grid(1), self.box.width - m.grid(2), self.box.height - m.grid(1))
        return [Paragraph(key="text", box=box, text=self._text, size=m.small)]
