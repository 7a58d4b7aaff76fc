"""The window and everything in it, empty: panels in their places, events, drawing, closing.

What the panels show and do comes from outside: `o3d_paint.ui.main_window` fills them.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from open3d.visualization import gui

from o3d_paint.plain_text import printable
from o3d_paint.ui.cloud_view import CloudView
from o3d_paint.ui.escape import EscapeWatch
from o3d_paint.ui.event_source import KeySource
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.guard import Guard
from o3d_paint.ui.layout import Height, LayoutMode, Place, arrange
from o3d_paint.ui.panel_host import PanelHost
from o3d_paint.ui.panels.panel import Panel
from o3d_paint.ui.panels.toasts import Toast, ToastKind
from o3d_paint.ui.panels.tooltip import Tooltip
from o3d_paint.ui.pointer_focus import PointerFocus
from o3d_paint.ui.popups import Popups
from o3d_paint.ui.pressed_keys import KEYS_HIDDEN_S
from o3d_paint.ui.scene_pointer import ScenePointer
from o3d_paint.ui.tips import Tips
from o3d_paint.ui.toast_corner import ToastCorner

__all__ = ["Window", "WindowActions"]

DEFAULT_SPLIT = 0.55
_MODES: tuple[LayoutMode, ...] = ("both", "scene", "photo")
_DRAW_BUDGET_S = 0.012
# Open3D drops a frame when the renderer is behind, and does not draw it later.
_REPEATS_S = (0.12, 0.35, 0.8)


@dataclass(slots=True)
class WindowActions:
    """What the window asks of whoever fills it; set before the first tick.

    Attributes:
        key: A key that no card used.
        scene_pointer: The pointer over the 3D view; returns what to say about the spot.
        tick: Before drawing, some 60 times a second; returns whether the 3D view was drawn.
        resized: After every layout.
        close_wanted: The user closed the window.
        touched: Something was done in the paint panel.
    """

    key: Callable[[KeyEvent], None] = field(default=lambda _: None)
    scene_pointer: Callable[[PointerEvent], str] = field(default=lambda _: "")
    tick: Callable[[], bool] = field(default=lambda: False)
    resized: Callable[[], None] = field(default=lambda: None)
    close_wanted: Callable[[], None] = field(default=lambda: None)
    touched: Callable[[], None] = field(default=lambda: None)


class Window:
    """The window.

    Args:
        panels: By name as in `layout.arrange`.
        more: Heights of panels for which `layout.arrange` has no rule.
        size: (width, height) in device pixels.
        title: Of the window.
    """

    def __init__(
        self,
        panels: Mapping[str, Panel],
        *,
        more: Mapping[str, Height],
        size: tuple[int, int],
        title: str,
    ) -> None:
        self._more = more
        self.actions = WindowActions()
        self.native = gui.Application.instance.create_window(title, *size)
        self.guard = Guard(lambda text: self.toast(text, "error"))
        self.focus = PointerFocus()
        self.keys = KeySource()
        self.split = DEFAULT_SPLIT
        self.mode: LayoutMode = "both"
        self._class_count = 5
        self.places: dict[str, Place] = {}
        self.cloud = CloudView(self.native)
        self.hosts: dict[str, PanelHost] = {}
        self._toasts = ToastCorner()
        self.content = Place(0, 0, *size)
        self._repeats: list[float] = []
        self._escape = EscapeWatch()
        self._may_close = False
        self._enter_is_down = False
        self.last_input = time.monotonic()
        self.pressed_at = -1e9
        self._build(panels)
        self._connect()

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

    def set_class_count(self, count: int) -> None:
        """Make room for so many classes."""
        if count != self._class_count:
            self._class_count = count
            self.layout()

    def cycle_mode(self) -> None:
        """Show 3D view and photo, or one of them alone."""
        self.mode = _MODES[(_MODES.index(self.mode) + 1) % len(_MODES)]
        self.layout()

    def toast(self, text: str, kind: ToastKind = "info") -> None:
        """Show a message for a moment."""
        self._toasts.add(text, kind)

    def show_title(self, text: str) -> None:
        """Show a title, in which names may stand that could be commands or run backwards."""
        self.native.title = printable(text)

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """The messages that show now."""
        return self._toasts.shown

    @property
    def hides_keys(self) -> bool:
        """Whether the toolkit may keep keys to itself: it does until it draws after the mouse."""
        frame_s = self.cloud.plan.full_s
        return self.is_pressed or time.monotonic() - self.pressed_at < max(0.2, 2 * frame_s)

    @property
    def is_pressed(self) -> bool:
        """Whether a button is down on a panel; the toolkit then keeps keys to itself."""
        return any(host.is_held for host in self.hosts.values())

    def redraw(self) -> None:
        """Ask for a drawing of the window, and again a little later."""
        self._draw_again()
        self._repeats.insert(0, time.monotonic())

    def _draw_again(self) -> None:
        now = time.monotonic()
        self._repeats = [now + wait for wait in _REPEATS_S]

    def layout(self) -> None:
        """Lay the panels out anew at the next drawing."""
        self.native.set_needs_layout()
        self.redraw()

    def close(self) -> None:
        """Let the window go; only ever from a posted function, never from a tick."""
        self._may_close = True
        self.native.close()

    def _build(self, panels: Mapping[str, Panel]) -> None:
        """Add all widgets, the 3D view first, what floats last."""
        self.native.add_child(self.cloud.widget)
        self.native.add_child(self.cloud.overlay.widget)
        tooltip = Tooltip()
        floating: dict[str, Panel] = {
            "toasts": self._toasts.panel,
            "popup": tooltip,
            "tooltip": tooltip,
        }
        for name, panel in {**panels, **floating}.items():
            self.hosts[name] = PanelHost(
                panel,
                focus=self.focus,
                guard=self.guard,
                on_event=functools.partial(self._on_panel, name),
            )
            self.native.add_child(self.hosts[name].widget)
        self.tips = Tips(self.hosts["tooltip"], tooltip)
        self.hosts["toasts"].show(False)
        self.popups = Popups(self.hosts["popup"], self._popup_changed)
        self.focus.on_outside = self.popups.dismiss
        self.native.add_child(self.popups.text_field)

    def _connect(self) -> None:
        wrap, native = self.guard.wrap, self.native
        scene = ScenePointer(self.cloud.widget, self._on_scene, focus=self.focus, guard=self.guard)
        scene.listen_to(self.cloud.overlay.widget)
        native.set_on_layout(wrap(self._on_layout, None))
        native.set_on_key(wrap(self._on_key, False))
        native.set_on_tick_event(wrap(self._on_tick, True))
        native.set_on_close(wrap(self._on_close, False))

    def _popup_changed(self) -> None:
        self.focus.modal = self.hosts["popup"] if self.popups.is_modal else None
        self.tips.cover()
        self.redraw()

    def _on_panel(self, name: str, event: PointerEvent) -> None:
        self.last_input = time.monotonic()
        self.keys.follow(event.modifiers)
        if event.kind in ("down", "drag", "up"):
            self.pressed_at = self.last_input
        if name == "tooltip":
            self.tips.hide()
            return
        if name == "canvas":
            self.actions.touched()
        host = self.hosts[name]
        x, y = host.frame.x + int(event.x), host.frame.y + int(event.y)
        self.tips.point(x, y, host.panel.tooltip)
        if event.kind in ("down", "drag", "wheel"):
            self.tips.hide()

    def _on_layout(self, _context: Any) -> None:
        rect = self.native.content_rect
        content = self.content = Place(rect.x, rect.y, rect.width, rect.height)
        em = self.em
        self.places = dict(
            arrange(
                content,
                em=em,
                split=self.split,
                mode=self.mode,
                class_count=self._class_count,
                more=self._more,
            )
        )
        for name, host in self.hosts.items():
            if name in ("toasts", "popup", "tooltip", "welcome"):
                continue
            place = self.places.get(name)
            host.show(place is not None)
            if place is not None:
                host.place(_rect(place), em)
        self._place_scene(em)
        self.popups.place(content, em)
        self.actions.resized()
        self.redraw()

    def _place_scene(self, em: float) -> None:
        place = self.places.get("scene")
        self.cloud.widget.visible = place is not None
        if place is None:
            return
        frame = self.cloud.widget.frame
        if (frame.width, frame.height) == (place.width, place.height) and (
            (frame.x, frame.y) != (place.x, place.y)
        ):
            # Open3D's scene widget ignores a frame that is only moved.
            self.cloud.widget.frame = _rect(Place(place.x, place.y, place.width + 1, place.height))
        self.cloud.widget.frame = _rect(place)
        self.hosts["welcome"].place(_rect(place), em)
        self.cloud.placed()

    def _on_scene(self, event: PointerEvent, x: int, y: int) -> None:
        self.last_input = time.monotonic()
        self.keys.follow(event.modifiers)
        tip = self.actions.scene_pointer(event)
        self.tips.point(x, y, "" if event.kind == "leave" else tip, waits=0.0)
        if event.kind in ("drag", "wheel") and self.cloud.follow():
            self._draw_again()

    def _on_key(self, event: Any) -> bool:
        converted = self.keys.convert(event)
        self.last_input = time.monotonic()
        if converted is None:
            return False
        if converted.key == "Escape" and self._escape.key(converted, self.last_input):
            converted = KeyEvent("Escape", is_down=True)
        if converted.key == "Enter":
            was_down, self._enter_is_down = self._enter_is_down, converted.is_down
            if not converted.is_down and not was_down:
                self.popups.enter_released()
                return True
        if not (converted.is_down and self.popups.key(converted)):
            self.actions.key(converted)
        return True

    def _on_close(self) -> bool:
        if self._may_close:
            return True
        self._escape.close_asked()
        return False

    def _on_tick(self) -> bool:
        if not self.native.is_active_window:
            self.keys.forget()
        now = time.monotonic()
        is_in_field = self.popups.text_field.visible
        hides_keys = is_in_field or self.is_pressed or now - self.pressed_at < KEYS_HIDDEN_S
        is_escape = self._escape.is_escape(now, hides_keys=hides_keys)
        if is_escape is False:
            self.actions.close_wanted()
        elif is_escape and is_in_field:
            self.popups.dismiss()
        elif is_escape:
            self.actions.key(KeyEvent("Escape", is_down=True))
        must_draw = self.actions.tick()
        must_draw |= self.popups.tick(self.native.set_focus_widget)
        must_draw |= self._tick_toasts()
        must_draw |= self.tips.tick(self.content, self.em)
        if self._update_panels() or must_draw:
            self.redraw()
        now = time.monotonic()
        if self._repeats and self._repeats[0] <= now:
            self._repeats = [t for t in self._repeats if t > now]
            return True
        return False

    def _update_panels(self) -> bool:
        """Draw panels that changed, the photo first, for so long as the hand does not notice."""
        end = time.perf_counter() + _DRAW_BUDGET_S
        canvas = self.hosts["canvas"]
        changed = canvas.update()
        for host in self.hosts.values():
            if time.perf_counter() >= end:
                break
            changed |= host.update()
        return changed

    def _tick_toasts(self) -> bool:
        place = self.places.get("scene") or self.places.get("canvas") or Place(0, 0, 400, 300)
        return self._toasts.tick(self.hosts["toasts"], place, self.em)


def _rect(place: Place) -> Any:
    return gui.Rect(place.x, place.y, place.width, place.height)
