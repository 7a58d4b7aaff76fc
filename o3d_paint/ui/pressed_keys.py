"""Keys that act while they are held, though the toolkit keeps some of their events to itself.

Open3D gives no key events to the window while its own widgets have the mouse: from the press of
the left button on a panel until the drawing after its release (measured with 0.20). A key that is
let go meanwhile would be held for ever. One that is really held repeats afterwards.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["KEYS_HIDDEN_S", "PressedKeys"]

KEYS_HIDDEN_S = 0.8
"""How long after the mouse a held key must have repeated; systems wait .25 to .7 s at first."""


class PressedKeys:
    """Follows held keys by what they do.

    Args:
        let_go: Called with the name of a key that went up, or must have.
    """

    def __init__(self, let_go: Callable[[str], None]) -> None:
        self._let_go = let_go
        self._alive: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        """Return whether a key is held."""
        return name in self._alive

    @property
    def names(self) -> tuple[str, ...]:
        """What is held."""
        return tuple(self._alive)

    def down(self, name: str, now: float) -> None:
        """A key went down, or repeats."""
        self._alive[name] = now

    def up(self, name: str) -> None:
        """A key went up."""
        if self._alive.pop(name, None) is not None:
            self._let_go(name)

    def tick(self, now: float, *, pressed_at: float, is_pressed: bool) -> None:
        """Let go of keys that do not repeat after the mouse.

        Args:
            now: The time.
            pressed_at: When the left button last did something on a panel.
            is_pressed: Whether it is down.
        """
        if is_pressed or now - pressed_at < KEYS_HIDDEN_S:
            return
        for name in [n for n, seen in self._alive.items() if seen < pressed_at]:
            self.up(name)
