"""Messages in the lower left corner of a place, each for a moment."""

from __future__ import annotations

import time

from open3d.visualization import gui

from o3d_paint.ui.layout import Place
from o3d_paint.ui.panel_host import PanelHost
from o3d_paint.ui.panels.toasts import Toast, ToastKind, ToastQueue, Toasts

__all__ = ["ToastCorner"]


class ToastCorner:
    """Shows messages through one host, which is made for its ``panel``."""

    def __init__(self) -> None:
        """Start without a message."""
        self._queue = ToastQueue()
        self.panel = Toasts(self._queue.dismiss)

    @property
    def shown(self) -> tuple[Toast, ...]:
        """The messages that show now."""
        return self._queue.at(time.monotonic())

    def add(self, text: str, kind: ToastKind) -> None:
        """Show another message for a moment."""
        self._queue.add(text, kind, now=time.monotonic())

    def tick(self, host: PanelHost, place: Place, em: float) -> bool:
        """Place what shows; returns whether it begins or ends to show.

        Args:
            host: Of the panel.
            place: In whose corner, device pixels of the window.
            em: Height of the window's font.
        """
        toasts = self.shown
        self.panel.set_model(toasts)
        was_visible = host.visible
        if toasts and (self.panel.is_dirty or not was_visible):
            margin = int(em)
            width, height = self.panel.preferred_size(
                max(1, place.width - 2 * margin), max(1, place.height - 2 * margin), em=em
            )
            x, y = place.x + margin, place.y + place.height - height - margin
            host.place(gui.Rect(x, y, width, height), em)
        host.show(bool(toasts))
        return bool(toasts) != was_visible
