"""The small card that says what lies under the pointer, after a moment of rest."""

from __future__ import annotations

import time

from open3d.visualization import gui

from o3d_paint.ui.layout import Place
from o3d_paint.ui.panel_host import PanelHost
from o3d_paint.ui.panels.tooltip import Tooltip

__all__ = ["Tips"]

_WAIT_S = 0.55
_OFFSET_EM = 1.0


class Tips:
    """Shows tooltips through one host.

    Args:
        host: Of the card; floats above all others.
        panel: The card.
    """

    def __init__(self, host: PanelHost, panel: Tooltip) -> None:
        self._host = host
        self._panel = panel
        self._text = self._shown = ""
        self._since = 0.0
        self._waits = _WAIT_S
        self._at = (0, 0)
        host.show(False)

    def point(self, x: int, y: int, text: str, *, waits: float = _WAIT_S) -> None:
        """The pointer is over something: its window position, and what to say about it."""
        if text != self._text:
            self._text, self._since, self._waits = text, time.monotonic(), waits
        if not self._host.visible:
            self._at = (x, y)

    def hide(self) -> None:
        """Say nothing until the pointer is over something else."""
        self._waits = 1e9

    def tick(self, content: Place, em: float) -> bool:
        """Show or hide the card; returns whether anything changed."""
        is_due = bool(self._text) and time.monotonic() - self._since >= self._waits
        was_shown = self._host.visible
        if is_due and (not was_shown or self._shown != self._text):
            self._panel.set_model(self._text)
            self._shown = self._text
            width, height = self._panel.preferred_size(content.width, content.height, em=em)
            offset = int(_OFFSET_EM * em)
            x = min(self._at[0] + offset, content.x + content.width - width)
            y = self._at[1] + offset + 4
            if y + height > content.y + content.height:
                y = self._at[1] - offset - height
            self._host.place(gui.Rect(max(0, x), max(0, y), width, height), em)
        self._host.show(is_due)
        return is_due != was_shown
