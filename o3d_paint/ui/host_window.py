"""The widgets of the paint panel in a window of somebody else, and where they lie."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from open3d.visualization import gui

from o3d_paint.ui.event_source import KeySource
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.guard import Guard
from o3d_paint.ui.layout import Height, Place, column
from o3d_paint.ui.panel_host import PanelHost
from o3d_paint.ui.panels.panel import Panel
from o3d_paint.ui.panels.toasts import Toast, ToastKind
from o3d_paint.ui.panels.tooltip import Tooltip
from o3d_paint.ui.pointer_focus import PointerFocus
from o3d_paint.ui.popups import Popups
from o3d_paint.ui.tips import Tips
from o3d_paint.ui.toast_corner import ToastCorner

__all__ = ["HostWindow"]

_FLOATING = ("toasts", "popup", "tooltip")
# Open3D drops a frame when the renderer is behind, and does not draw it later.
_REPEATS_S = (0.12, 0.35, 0.8)


class HostWindow:
    """Eight direct children of a window: four panels, messages, a card, a tip and a text field.

    Args:
        window: The host's gui.Window.
        panels: By the names of `layout.column`.
        guard: For callbacks.
        more: Heights of panels for which `layout.column` has no rule.
    """

    def __init__(
        self, window: Any, panels: Mapping[str, Panel], guard: Guard, *, more: Mapping[str, Height]
    ) -> None:
        self._more = more
        self.native = window
        self.guard = guard
        self._focus = PointerFocus()
        self._keys = KeySource()
        self._class_count = 5
        self._content, self._has_place = Place(0, 0, 1, 1), False
        self._repeats: list[float] = []
        self._enter_is_down = False
        self.hosts: dict[str, PanelHost] = {}
        self._toasts = ToastCorner()
        tip = Tooltip()
        floating: dict[str, Panel] = {
            "toasts": self._toasts.panel,
            "popup": tip,
            "tooltip": tip,
        }
        for name, panel in {**panels, **floating}.items():
            self.hosts[name] = PanelHost(
                panel,
                focus=self._focus,
                guard=guard,
                on_event=partial(self._on_panel, name),
            )
            window.add_child(self.hosts[name].widget)
        self.hosts["toasts"].show(False)
        self._tips = Tips(self.hosts["tooltip"], tip)
        self.popups = Popups(self.hosts["popup"], self._popup_changed)
        self._focus.on_outside = self.popups.dismiss
        window.add_child(self.popups.text_field)

    @property
    def em(self) -> float:
        """Height of the window's font in device pixels."""
        return float(self.native.theme.font_size)

    def panel_host(self, name: str) -> PanelHost:
        """Return the host of a panel by its name."""
        return self.hosts[name]

    def place_of(self, panel: str) -> Place:
        """Return where a panel lies in the window, device pixels."""
        frame = self.hosts[panel].frame
        return Place(frame.x, frame.y, frame.width, frame.height)

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """The messages that show now."""
        return self._toasts.shown

    def toast(self, text: str, kind: ToastKind = "info") -> None:
        """Show a message for a moment, over the photo."""
        self._toasts.add(text, kind)

    def layout(self) -> None:
        """Lay the panels out anew in the place that they have."""
        if self._has_place:
            self.place(self._content)

    def set_class_count(self, count: int) -> None:
        """Make room for so many classes."""
        if count != self._class_count:
            self._class_count = count
            self.layout()

    def place(self, place: Place) -> None:
        """Lay all parts out in a rectangle of the window."""
        self._content, self._has_place = place, True
        for name, part in column(
            place, em=self.em, class_count=self._class_count, more=self._more
        ).items():
            self.hosts[name].place(gui.Rect(part.x, part.y, part.width, part.height), self.em)
        self.popups.place(place, self.em)
        self.redraw()

    def show(self, visible: bool) -> None:
        """Show or hide the panels; what floats is closed."""
        self.popups.close()
        for name, host in self.hosts.items():
            host.show(visible and name not in _FLOATING)

    def left(self) -> None:
        """The pointer is over something of the host."""
        self._tips.hide()
        self._focus.leave()

    def redraw(self) -> None:
        """Ask for a drawing of the window, and again a little later."""
        now = time.monotonic()
        self._repeats = [now + wait for wait in (0.0, *_REPEATS_S)]

    def converted(self, event: Any) -> KeyEvent | None:
        """Return a key event of Open3D as ours; None where a card or a modifier took it."""
        key = self._keys.convert(event)
        if key is None:
            return None
        if key.key == "Enter":
            was_down, self._enter_is_down = self._enter_is_down, key.is_down
            if not key.is_down and not was_down:
                self.popups.enter_released()
                return None
        if key.is_down and self.popups.key(key):
            return None
        return key

    def tick(self, *, must_draw: bool) -> bool:
        """Draw what changed; returns whether the window has to be drawn."""
        if not self.native.is_active_window:
            self._keys.forget()
        must_draw |= self.popups.tick(self.native.set_focus_widget)
        must_draw |= self._toasts.tick(self.hosts["toasts"], self.place_of("canvas"), self.em)
        must_draw |= self._tips.tick(self._content, self.em)
        changed = [host for host in self.hosts.values() if host.update()]
        if changed or must_draw:
            self.redraw()
        now = time.monotonic()
        if self._repeats and self._repeats[0] <= now:
            self._repeats = [t for t in self._repeats if t > now]
            return True
        return False

    def _popup_changed(self) -> None:
        self._focus.modal = self.hosts["popup"] if self.popups.is_modal else None
        self.redraw()

    def _on_panel(self, name: str, event: PointerEvent) -> None:
        if name == "tooltip":
            self._tips.hide()
            return
        host = self.hosts[name]
        x, y = host.frame.x + int(event.x), host.frame.y + int(event.y)
        self._tips.point(x, y, host.panel.tooltip)
        if event.kind in ("down", "drag", "wheel"):
            self._tips.hide()
