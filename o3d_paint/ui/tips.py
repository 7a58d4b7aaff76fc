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
# A card that appears closes an open menu of the toolkit, of which nothing is told. A pointer that
# turns up elsewhere after a pause may come from the menu bar, which gives no events.
_AWAY_S = 0.15
_AWAY_EM = 1.0
_QUIET_S = 6.0
_MENU_EM = (44.0, 36.0)


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
        self._content = Place(0, 0, 1, 1)
        self._em = 16.0
        self._last = (0, 0, 0.0)
        self._quiet_until = 0.0
        host.show(False)

    def point(self, x: int, y: int, text: str, *, waits: float = _WAIT_S) -> None:
        """The pointer is over something: its window position, and what to say about it."""
        if text:
            self._watch(x, y)
        is_other = text != self._text
        if is_other:
            self._text, self._since, self._waits = text, time.monotonic(), waits
        # A card that shows stays where it is, unless the pointer went on to something else.
        if is_other or not self._host.visible:
            self._at = (x, y)

    def hide(self) -> None:
        """Say nothing until the pointer is over something else: there was a click."""
        self._waits = 1e9
        self._quiet_until = 0.0

    def cover(self) -> None:
        """Say nothing until the pointer is over something else: a card came or went above it.

        A menu that may be open stays undisturbed, unlike after a click, which has closed it.
        """
        self._waits = 1e9

    def _watch(self, x: int, y: int) -> None:
        """Be quiet for a while where a menu may be open over what the pointer is over."""
        now, box, em = time.monotonic(), self._content, self._em
        was_x, was_y, was_at = self._last
        self._last = (x, y, now)
        way = max(abs(x - was_x), abs(y - was_y))
        is_at_bar = was_y < box.y + _AWAY_EM * em
        may_be_menu = x < box.x + _MENU_EM[0] * em and y < box.y + _MENU_EM[1] * em
        if not may_be_menu:
            self._quiet_until = 0.0
        elif now - was_at >= _AWAY_S and (way > _AWAY_EM * em or is_at_bar):
            self._quiet_until = now + _QUIET_S

    def tick(self, content: Place, em: float) -> bool:
        """Show or hide the card; returns whether anything changed."""
        self._content, self._em = content, em
        now = time.monotonic()
        is_due = bool(self._text) and now - self._since >= self._waits and now >= self._quiet_until
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
