"""Open3D's mouse and key events as our own.

What has to be known about them (measured with 0.20): positions are whole device pixels of the
window; a release of any button ends the grab; there is no event for leaving a widget; key events
carry no modifiers, so those are followed from their own keys.
"""

from __future__ import annotations

import platform
import time
from typing import Any

from open3d.visualization import gui

from o3d_paint.ui.events import Button, KeyEvent, PointerEvent

__all__ = ["KeySource", "PointerSource"]

_DOUBLE_CLICK_S = 0.5  # as systems have it; a frame of a slow renderer may lie between
_DOUBLE_CLICK_PX = 6
_IS_MAC = platform.system() == "Darwin"
_BUTTONS: tuple[tuple[Any, Button], ...] = (
    (gui.MouseButton.LEFT, "left"),
    (gui.MouseButton.RIGHT, "right"),
    (gui.MouseButton.MIDDLE, "middle"),
)
# With a Mac's mouse events Open3D reports Command as CTRL and Control as ALT.
_MODIFIERS = (
    (gui.KeyModifier.SHIFT, "shift"),
    (gui.KeyModifier.CTRL, "ctrl"),
    (gui.KeyModifier.ALT, "alt"),
)
_MODIFIER_KEYS = {
    int(gui.KeyName.LEFT_SHIFT): "shift",
    int(gui.KeyName.RIGHT_SHIFT): "shift",
    int(gui.KeyName.LEFT_CONTROL): "ctrl",
    int(gui.KeyName.RIGHT_CONTROL): "ctrl",
    int(gui.KeyName.ALT): "alt",
}
if _IS_MAC:
    _MODIFIER_KEYS[int(gui.KeyName.META)] = "ctrl"
# Alt is another key in a Mac's mouse events.
_FOLLOWED = frozenset({"shift", "ctrl"} if _IS_MAC else {"shift", "ctrl", "alt"})
_NAMED_KEYS = {
    int(gui.KeyName.ESCAPE): "Escape",
    int(gui.KeyName.ENTER): "Enter",
    int(gui.KeyName.TAB): "Tab",
    int(gui.KeyName.SPACE): "Space",
    int(gui.KeyName.BACKSPACE): "Backspace",
    int(gui.KeyName.DELETE): "Delete",
    int(gui.KeyName.LEFT): "Left",
    int(gui.KeyName.RIGHT): "Right",
    int(gui.KeyName.UP): "Up",
    int(gui.KeyName.DOWN): "Down",
    int(gui.KeyName.HOME): "Home",
    int(gui.KeyName.END): "End",
    int(gui.KeyName.PAGE_UP): "PageUp",
    int(gui.KeyName.PAGE_DOWN): "PageDown",
    335: "Enter",  # on the keypad, which Open3D passes as GLFW has it
    333: "-",
    334: "=",
    **{320 + digit: str(digit) for digit in range(10)},
    **{int(getattr(gui.KeyName, f"F{n}")): f"F{n}" for n in range(1, 13)},
}


class PointerSource:
    """Turns the mouse events of one widget into pointer events."""

    def __init__(self) -> None:
        """Start without a button down."""
        self._held: Button | None = None
        self._last_down = (0.0, 0.0, -1.0, "")

    @property
    def is_held(self) -> bool:
        """Whether a button went down here and not up yet."""
        return self._held is not None

    def convert(self, event: Any, x: float, y: float) -> list[PointerEvent]:
        """Return what an event means; more than one where a release got lost.

        Args:
            event: Open3D's; where it says that it was is left aside (`pointer_focus`).
            x: Device pixels from the widget's left edge.
            y: From its upper edge.
        """
        modifiers = frozenset(name for key, name in _MODIFIERS if event.is_modifier_down(key))
        kind = event.type
        if kind == gui.MouseEvent.Type.WHEEL:
            wheel = float(event.wheel_dy or event.wheel_dx)
            return [PointerEvent("wheel", x, y, modifiers=modifiers, wheel=wheel)]
        if kind == gui.MouseEvent.Type.BUTTON_DOWN:
            return self._down(event, x, y, modifiers)
        if kind == gui.MouseEvent.Type.BUTTON_UP:
            return self._up(x, y, modifiers)
        if kind == gui.MouseEvent.Type.DRAG and self._held is not None:
            return [PointerEvent("drag", x, y, self._held, modifiers)]
        moved = PointerEvent("move", x, y, modifiers=modifiers)
        return [*self._up(x, y, modifiers), moved]

    def _down(
        self, event: Any, x: float, y: float, modifiers: frozenset[str]
    ) -> list[PointerEvent]:
        if self._held is not None:
            return []  # a second button during a drag
        button = next((name for key, name in _BUTTONS if event.buttons & int(key)), None)
        if button is None:
            return []
        self._held = button
        now = time.monotonic()
        last_x, last_y, last_time, last_button = self._last_down
        is_double = (
            button == last_button
            and now - last_time <= _DOUBLE_CLICK_S
            and abs(x - last_x) + abs(y - last_y) <= _DOUBLE_CLICK_PX
        )
        # A third click starts anew.
        self._last_down = (x, y, -1.0 if is_double else now, button)
        return [PointerEvent("down", x, y, button, modifiers, is_double=is_double)]

    def _up(self, x: float, y: float, modifiers: frozenset[str]) -> list[PointerEvent]:
        if self._held is None:
            return []
        button, self._held = self._held, None
        return [PointerEvent("up", x, y, button, modifiers)]


class KeySource:
    """Turns key events into ours and follows the modifiers."""

    def __init__(self) -> None:
        """Start without a key held."""
        self._keys: set[int] = set()

    @property
    def modifiers(self) -> frozenset[str]:
        """Modifiers held now, as far as key events told."""
        return frozenset(_MODIFIER_KEYS[k] for k in self._keys)

    def follow(self, modifiers: frozenset[str]) -> None:
        """Take modifiers from a mouse event, since their own keys' events are not always passed."""
        for number, name in _MODIFIER_KEYS.items():
            if name in _FOLLOWED and name not in modifiers:
                self._keys.discard(number)
        for name in _FOLLOWED & modifiers - self.modifiers:
            self._keys.add(next(k for k, n in _MODIFIER_KEYS.items() if n == name))

    def forget(self) -> None:
        """Let go of everything: the window lost the focus, so that releases did not arrive."""
        self._keys.clear()

    def convert(self, event: Any) -> KeyEvent | None:
        """Return what an event means; None for a modifier or a key without a name."""
        number = int(event.key)
        is_down = event.type == gui.KeyEvent.Type.DOWN
        if number in _MODIFIER_KEYS:
            (self._keys.add if is_down else self._keys.discard)(number)
            return None
        name = _NAMED_KEYS.get(number)
        if name is None:
            if not 33 <= number <= 126:
                return None
            name = chr(number).lower()
        return KeyEvent(name, is_down, bool(event.is_repeat), self.modifiers)
