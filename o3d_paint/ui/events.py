"""Pointer and key events of our own, so that panels and tools never see Open3D's.

This module is plain Python: panels import it in tests without a window. The conversion from
Open3D's events is in `o3d_paint.ui.event_source`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Button", "KeyEvent", "PointerEvent", "PointerKind", "character_of"]

Button = Literal["left", "middle", "right"]
PointerKind = Literal["down", "up", "drag", "move", "wheel", "leave"]


@dataclass(frozen=True, slots=True)
class PointerEvent:
    """Something that the mouse did over a panel.

    Attributes:
        kind: "drag" is a movement with the button held that went down on this panel; it goes on
            outside of the panel, so that x and y may lie beyond its edges. "leave" follows when
            the pointer is elsewhere; its x and y mean nothing.
        x: Device pixels from the panel's left edge.
        y: Device pixels from the panel's upper edge.
        button: Which button went down or up or is held; None for "move", "wheel" and "leave".
        modifiers: Of "shift", "ctrl" and "alt" (Command counts as "ctrl" on macOS).
        wheel: Steps; positive away from the user (zoom in). 0 for all but "wheel".
        is_double: Whether a "down" is the second of a double click.
    """

    kind: PointerKind
    x: float
    y: float
    button: Button | None = None
    modifiers: frozenset[str] = frozenset()
    wheel: float = 0.0
    is_double: bool = False


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key that went down or up.

    Attributes:
        key: Name as in the table of commands: "a", "1", "[", "Escape", "F1", "Left", "Space".
        is_down: False when the key was let go.
        is_repeat: Whether the system repeats a held key.
        modifiers: Of "shift", "ctrl" and "alt".
    """

    key: str
    is_down: bool
    is_repeat: bool = False
    modifiers: frozenset[str] = frozenset()


_SHIFTED = dict(zip("`1234567890-=[]\\;',./", '~!@#$%^&*()_+{}|:"<>?', strict=True))


def character_of(event: KeyEvent) -> str:
    """Return the character that a key types on a US keyboard; "" where it types none."""
    if event.modifiers - {"shift"}:
        return ""
    if event.key == "Space":
        return " "
    if len(event.key) != 1:
        return ""
    if "shift" in event.modifiers:
        return _SHIFTED.get(event.key, event.key.upper())
    return event.key
