"""Escape told apart from the wish to close the window.

Open3D asks whether the window may close when Escape goes down and when it goes up, before it passes
the key, and it passes neither half, or only the second one, while a text field or a held mouse
button keeps the keys. So a wish to close waits for the next tick: what comes meanwhile, and what
came just before, tells whether it was Escape.
"""

from __future__ import annotations

from o3d_paint.ui.events import KeyEvent

__all__ = ["EscapeWatch"]

_LINGERS_S = 1.0


class EscapeWatch:
    """Decides from events and times alone; all times are seconds of one clock."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._is_asked = False
        self._is_down = False
        self._last = -1e9

    def close_asked(self) -> None:
        """The toolkit asks whether the window may close."""
        self._is_asked = True

    def key(self, event: KeyEvent, now: float) -> bool:
        """Take the key itself; returns whether it is to be acted on as a press of Escape."""
        self._is_asked = False
        was_down, self._is_down = self._is_down, event.is_down
        is_press = event.is_down or not (was_down or self._is_recent(now))
        self._last = now
        return is_press

    def is_escape(self, now: float, *, hides_keys: bool) -> bool | None:
        """Return whether the wish to close was Escape; None where there is none to decide about.

        Args:
            now: The time.
            hides_keys: Whether the toolkit may keep keys to itself now.
        """
        if not self._is_asked:
            return None
        self._is_asked = False
        if hides_keys:
            self._last = now
            return True
        if self._is_recent(now):
            # The same Escape, let go or still held: it has done its work.
            self._last = now
            return None
        return False

    def _is_recent(self, now: float) -> bool:
        return now - self._last < _LINGERS_S
